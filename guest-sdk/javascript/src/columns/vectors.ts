/** Columns of vectors. Their items lie in one array, row after row. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import type { VectorItem } from "../data-type.js";
import { Misfit, show } from "../errors.js";
import { Builder, bytesOf, grown } from "./builder.js";
import { half } from "./half.js";
import { misfit } from "./misfit.js";
import { ARRAYS } from "./numbers.js";

type Items = Float32Array | Float64Array | Int8Array | Uint8Array | Uint16Array;

export class VectorBuilder extends Builder {
  override readonly width: number;
  readonly #item: VectorItem;
  readonly #size: number;
  #items: Items;

  constructor(nullable: boolean, item: VectorItem, size: number) {
    super(nullable);
    this.#item = item;
    this.#size = size;
    const array = item === "float16" ? Uint16Array : ARRAYS[item];
    this.#items = new array(size * 16);
    this.width = size * array.BYTES_PER_ELEMENT;
  }

  override append(value: unknown): void {
    const size = this.#size;
    if (!Array.isArray(value) && !isNumbers(value)) {
      const typed = this.#item === "float64" ? "Float64Array" : "Float32Array";
      const wanted = `a ${typed} or an array of numbers`;
      throw misfit(value, `vector(${this.#item}, ${size})`, wanted);
    }
    if (value.length !== size) {
      const items = value.length === 1 ? "1 item" : `${value.length} items`;
      throw new Misfit("dimension-mismatch", `the vector has ${items} instead of ${size}`);
    }
    this.#reserve();
    const start = this.length * size;
    const items = this.#items;
    const floats = items instanceof Float32Array || items instanceof Float64Array;
    if (floats && !Array.isArray(value)) {
      items.set(value, start);
    } else if (this.#item === "float16") {
      for (let index = 0; index < size; index++) {
        items[start + index] = half(this.#number(value, index));
      }
    } else {
      for (let index = 0; index < size; index++) {
        const number = this.#number(value, index);
        items[start + index] = number;
        if (!floats && items[start + index] !== number) this.#refuse(number, index);
      }
    }
    this.length += 1;
  }

  #number(value: ArrayLike<unknown>, index: number): number {
    const item = value[index];
    if (typeof item !== "number") this.#refuse(item, index);
    return item;
  }

  #refuse(item: unknown, index: number): never {
    throw new Misfit(
      "type-mismatch",
      `item ${index} of the vector is ${show(item)}, no ${this.#item}`,
    );
  }

  override appendEmpty(): void {
    this.#reserve();
    this.#items.fill(0, this.length * this.#size, (this.length + 1) * this.#size);
    this.length += 1;
  }

  #reserve(): void {
    const end = (this.length + 1) * this.#size;
    if (end <= this.#items.length) return;
    const array = this.#items.constructor as new (length: number) => Items;
    const items = new array(grown(this.#items.length, end));
    items.set(this.#items);
    this.#items = items;
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([bytesOf(this.#items, this.length * this.#size)]));
  }
}

/** Whether it is a typed array of numbers, not of bigints. */
function isNumbers(value: unknown): value is Float64Array {
  return (
    ArrayBuffer.isView(value) &&
    !(
      value instanceof DataView ||
      value instanceof BigInt64Array ||
      value instanceof BigUint64Array
    )
  );
}
