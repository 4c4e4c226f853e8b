/** Columns of numbers, and of what is stored as numbers. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import { type Misfit } from "../errors.js";
import { half } from "./half.js";
import { Builder, bytesOf, grown } from "./builder.js";
import { misfit } from "./misfit.js";

/** Booleans, one bit each. */
export class BoolBuilder extends Builder {
  override readonly width = 1;
  #bits = new Uint8Array(64);

  override append(value: unknown): void {
    if (typeof value !== "boolean") throw misfit(value, "bool", "a boolean");
    this.#set(value);
  }

  override appendEmpty(): void {
    this.#set(false);
  }

  #set(value: boolean): void {
    const place = this.length >> 3;
    if (place === this.#bits.length) {
      const bits = new Uint8Array(place * 2);
      bits.set(this.#bits);
      this.#bits = bits;
    }
    const bit = 1 << (this.length & 7);
    if (value) this.#bits[place]! |= bit;
    else this.#bits[place]! &= ~bit;
    this.length += 1;
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([this.#bits.subarray(0, (this.length + 7) >> 3)]));
  }
}

type Numbers =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** The typed arrays of numbers by the names of the types. */
export const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Values that fit an array of numbers. */
abstract class NumberBuilder<A extends Numbers> extends Builder {
  override readonly width: number;
  protected values: A;
  readonly #array: new (length: number) => A;

  constructor(
    nullable: boolean,
    array: (new (length: number) => A) & { BYTES_PER_ELEMENT: number },
  ) {
    super(nullable);
    this.#array = array;
    this.width = array.BYTES_PER_ELEMENT;
    this.values = new array(64);
  }

  override appendEmpty(): void {
    if (this.length === this.values.length) this.grow();
    this.values[this.length++] = 0;
  }

  protected grow(): void {
    const values = new this.#array(grown(this.values.length, 0));
    values.set(this.values);
    this.values = values;
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([bytesOf(this.values, this.length)]));
  }
}

type SmallName = "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32";

/** Whole numbers of at most 32 bits. */
export class IntegerBuilder extends NumberBuilder<Int8Array> {
  readonly #name: SmallName;

  constructor(nullable: boolean, name: SmallName) {
    super(nullable, ARRAYS[name] as unknown as typeof Int8Array);
    this.#name = name;
  }

  override append(value: unknown): void {
    const at = this.length;
    if (at === this.values.length) this.grow();
    this.values[at] = value as number;
    // What the array gives back is what it could hold.
    if (this.values[at] !== value) throw noInteger(value, this.#name);
    this.length = at + 1;
  }
}

/** What is wrong with a value that is no integer of that type. */
export function noInteger(value: unknown, name: string): Misfit {
  const bits = Number(name.replace(/\D/g, ""));
  const least = name.startsWith("u") ? 0n : -(2n ** BigInt(bits - 1));
  const most = 2n ** BigInt(name.startsWith("u") ? bits : bits - 1) - 1n;
  const wanted = bits === 64 ? "a bigint, or a number that is a safe integer" : "a whole number";
  return misfit(value, name, `${wanted}, from ${least} to ${most}`);
}

/** 32- and 64-bit floating-point numbers. */
export class FloatBuilder extends NumberBuilder<Float64Array> {
  readonly #name: "float32" | "float64";

  constructor(nullable: boolean, name: "float32" | "float64") {
    super(nullable, ARRAYS[name] as typeof Float64Array);
    this.#name = name;
  }

  override append(value: unknown): void {
    if (typeof value !== "number") throw misfit(value, this.#name, "a number");
    const at = this.length;
    if (at === this.values.length) this.grow();
    this.values[at] = value;
    this.length = at + 1;
  }
}

/** 16-bit floating-point numbers. */
export class HalfBuilder extends NumberBuilder<Uint16Array> {
  constructor(nullable: boolean) {
    super(nullable, Uint16Array);
  }

  override append(value: unknown): void {
    if (typeof value !== "number") throw misfit(value, "float16", "a number");
    if (this.length === this.values.length) this.grow();
    this.values[this.length] = half(value);
    this.length += 1;
  }
}

/** What is counted in 32 bits, after it was made a number. */
export class ConvertedBuilder extends NumberBuilder<Int32Array> {
  readonly #convert: (value: unknown) => number;

  constructor(nullable: boolean, convert: (value: unknown) => number) {
    super(nullable, Int32Array);
    this.#convert = convert;
  }

  override append(value: unknown): void {
    const count = this.#convert(value);
    if (this.length === this.values.length) this.grow();
    this.values[this.length++] = count;
  }
}

/** Whole numbers of 64 bits, and what is counted in them. */
export class LongBuilder extends Builder {
  override readonly width = 8;
  readonly #name: string;
  readonly #least: bigint;
  readonly #most: bigint;
  readonly #convert: ((value: unknown) => bigint | number) | undefined;
  #values: BigInt64Array | BigUint64Array;
  /** The same memory: a number that fits 32 bits need not become a bigint. */
  #halves: Int32Array;

  constructor(
    nullable: boolean,
    name: "int64" | "uint64",
    convert?: (value: unknown) => bigint | number,
  ) {
    super(nullable);
    this.#name = name;
    this.#convert = convert;
    const unsigned = name === "uint64";
    this.#least = unsigned ? 0n : -(2n ** 63n);
    this.#most = unsigned ? 2n ** 64n - 1n : 2n ** 63n - 1n;
    this.#values = new (unsigned ? BigUint64Array : BigInt64Array)(64);
    this.#halves = new Int32Array(this.#values.buffer);
  }

  override append(value: unknown): void {
    const number = this.#convert === undefined ? value : this.#convert(value);
    const at = this.length;
    if (at === this.#values.length) this.#grow();
    if (typeof number === "number") {
      const low = number | 0;
      if (low === number && (low >= 0 || this.#least !== 0n)) {
        this.#halves[at * 2] = low;
        this.#halves[at * 2 + 1] = low >> 31;
      } else if (Number.isSafeInteger(number) && (number >= 0 || this.#least !== 0n)) {
        this.#values[at] = BigInt(number);
      } else {
        throw noInteger(value, this.#name);
      }
    } else if (typeof number === "bigint" && number >= this.#least && number <= this.#most) {
      this.#values[at] = number;
    } else {
      throw noInteger(value, this.#name);
    }
    this.length = at + 1;
  }

  override appendEmpty(): void {
    if (this.length === this.#values.length) this.#grow();
    this.#values[this.length++] = 0n;
  }

  #grow(): void {
    const array = this.#values.constructor as typeof BigInt64Array;
    const values = new array(grown(this.#values.length, 0));
    values.set(this.#values);
    this.#values = values;
    this.#halves = new Int32Array(values.buffer);
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([bytesOf(this.#values, this.length)]));
  }
}
