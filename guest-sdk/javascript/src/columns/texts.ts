/** Columns of text and of bytes. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import { Misfit } from "../errors.js";
import { Builder, type Meter, Offsets, grown } from "./builder.js";
import { misfit } from "./misfit.js";

const utf8 = new TextEncoder();

/**
 * Text. The values are kept as they are, and encoded all at once: one call of the engine's encoder
 * instead of one for each value.
 */
export class TextBuilder extends Builder {
  override readonly width: number;
  readonly #meter: Meter;
  readonly #offsets: Offsets;
  readonly #values: string[] = [];
  #scratch = new Uint8Array(0);

  constructor(nullable: boolean, large: boolean, meter: Meter) {
    super(nullable);
    this.#meter = meter;
    this.#offsets = new Offsets(large);
    this.width = this.#offsets.width;
  }

  override append(value: unknown): void {
    if (typeof value !== "string") throw misfit(value, "utf8", "a string");
    if (!value.isWellFormed()) {
      throw new Misfit("invalid-utf8", "half of a character stands alone in the text");
    }
    this.#meter.bytes += value.length;
    this.#values[this.length++] = value;
  }

  override appendEmpty(): void {
    this.#values[this.length++] = "";
  }

  override truncate(length: number): void {
    super.truncate(length);
    this.#values.length = length;
  }

  override finish(out: ArrowColumn[]): void {
    const values = this.#values;
    const offsets = this.#offsets;
    const text = values.join("");
    const bytes = utf8.encode(text);
    // As many bytes as units of text: each is one.
    const sizeOf =
      bytes.length === text.length
        ? (value: string) => value.length
        : (value: string) => this.#size(value);
    let end = 0;
    for (let index = 0; index < values.length; index++) {
      end += sizeOf(values[index]!);
      offsets.set(index, end);
    }
    out.push(this.column([offsets.bytes(this.length), bytes]));
  }

  #size(value: string): number {
    if (this.#scratch.length < value.length * 3) {
      this.#scratch = new Uint8Array(grown(this.#scratch.length, value.length * 3));
    }
    return utf8.encodeInto(value, this.#scratch).written;
  }
}

/** Any value, as the text of its JSON. */
export class JsonBuilder extends TextBuilder {
  constructor(nullable: boolean, meter: Meter) {
    super(nullable, false, meter);
  }

  override append(value: unknown): void {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      throw new Misfit("invalid-value", `there is no JSON of it: ${(error as Error).message}`);
    }
    if (text === undefined) {
      throw new Misfit("invalid-value", `there is no JSON of a ${typeof value}`);
    }
    super.append(text);
  }

  /** Text that is JSON, since the host looks at what stands under a null of a parent. */
  override appendEmpty(): void {
    super.append("null");
  }
}

/** Bytes of any number. */
export class BytesBuilder extends Builder {
  override readonly width: number;
  readonly #meter: Meter;
  readonly #offsets: Offsets;
  #bytes = new Uint8Array(64);

  constructor(nullable: boolean, large: boolean, meter: Meter) {
    super(nullable);
    this.#meter = meter;
    this.#offsets = new Offsets(large);
    this.width = this.#offsets.width;
  }

  override append(value: unknown): void {
    const bytes = asBytes(value, "binary");
    const start = this.#offsets.before(this.length);
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      const grownBytes = new Uint8Array(grown(this.#bytes.length, end));
      grownBytes.set(this.#bytes);
      this.#bytes = grownBytes;
    }
    this.#bytes.set(bytes, start);
    this.#meter.bytes += bytes.length;
    this.#offsets.set(this.length++, end);
  }

  override appendEmpty(): void {
    this.#offsets.set(this.length, this.#offsets.before(this.length));
    this.length += 1;
  }

  override finish(out: ArrowColumn[]): void {
    const bytes = this.#bytes.subarray(0, this.#offsets.before(this.length));
    out.push(this.column([this.#offsets.bytes(this.length), bytes]));
  }
}

/** Bytes of one number. */
export class FixedBytesBuilder extends Builder {
  override readonly width: number;
  #bytes: Uint8Array;

  constructor(nullable: boolean, size: number) {
    super(nullable);
    this.width = size;
    this.#bytes = new Uint8Array(size * 64);
  }

  override append(value: unknown): void {
    const bytes = asBytes(value, `fixed-size-binary(${this.width})`);
    if (bytes.length !== this.width) {
      throw new Misfit(
        "type-mismatch",
        `the value has ${bytes.length} bytes instead of ${this.width}`,
      );
    }
    this.#reserve();
    this.#bytes.set(bytes, this.length * this.width);
    this.length += 1;
  }

  override appendEmpty(): void {
    this.#reserve();
    this.#bytes.fill(0, this.length * this.width, (this.length + 1) * this.width);
    this.length += 1;
  }

  #reserve(): void {
    const end = (this.length + 1) * this.width;
    if (end <= this.#bytes.length) return;
    const bytes = new Uint8Array(grown(this.#bytes.length, end));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([this.#bytes.subarray(0, this.length * this.width)]));
  }
}

function asBytes(value: unknown, type: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw misfit(value, type, "a Uint8Array");
}
