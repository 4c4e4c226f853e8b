/**
 * What every column under construction has in common.
 *
 * The engine interprets this code, so a call or a loop costs a hundred times what it costs in a
 * compiled language. Hence: typed arrays that grow, whole values handed to what is native, and no
 * layer between a row and its columns.
 */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

/** Bytes of values without a fixed width, summed over all columns of a table. */
export interface Meter {
  bytes: number;
}

/** A column, or a part of a nested one, that grows value by value. */
export abstract class Builder {
  /** How many values it holds. */
  length = 0;
  /** About how many bytes a value takes, beside what the meter counts. */
  abstract readonly width: number;
  readonly nullable: boolean;
  protected readonly validity = new Validity();

  constructor(nullable: boolean) {
    this.nullable = nullable;
  }

  /** Appends a value that is not null. Throws a `Misfit`, and has then changed nothing visible. */
  abstract append(value: unknown): void;

  /** Appends something that stands where no value is. */
  abstract appendEmpty(): void;

  appendNull(): void {
    this.validity.clear(this.length);
    this.appendEmpty();
  }

  /** Appends what stands under a null of the parent. */
  appendFiller(): void {
    if (this.nullable) this.appendNull();
    else this.appendEmpty();
  }

  /** Drops all values from `length` on. */
  truncate(length: number): void {
    this.validity.truncate(length);
    this.length = length;
  }

  /**
   * Adds the column and its parts to `out`, depth first. What is added is valid until the next
   * value is appended: the host takes a copy.
   */
  abstract finish(out: ArrowColumn[]): void;

  protected column(buffers: Uint8Array[]): ArrowColumn {
    return { length: this.length, validity: this.validity.bits(this.length), buffers };
  }
}

/** One bit a value, least significant first, 1 for a present one. Only nulls cost anything. */
class Validity {
  /** All ones from the last value on. */
  #bits: Uint8Array | undefined;
  /** One behind the last null. */
  #end = 0;

  clear(index: number): void {
    const place = index >> 3;
    let bits = this.#bits;
    if (bits === undefined || place >= bits.length) {
      bits = new Uint8Array(Math.max(64, place * 2)).fill(0xff);
      if (this.#bits) bits.set(this.#bits);
      this.#bits = bits;
    }
    bits[place]! &= ~(1 << (index & 7));
    this.#end = index + 1;
  }

  truncate(length: number): void {
    if (this.#end <= length || this.#bits === undefined) return;
    this.#bits.fill(0xff, (length + 7) >> 3, (this.#end + 7) >> 3);
    if (length & 7) this.#bits[length >> 3]! |= (0xff << (length & 7)) & 0xff;
    this.#end = length;
  }

  bits(length: number): Uint8Array | undefined {
    if (this.#end === 0 || this.#bits === undefined) return undefined;
    const bytes = (length + 7) >> 3;
    if (bytes <= this.#bits.length) return this.#bits.subarray(0, bytes);
    const bits = new Uint8Array(bytes).fill(0xff);
    bits.set(this.#bits);
    return bits;
  }
}

/** The bytes of the first items of a typed array. */
export function bytesOf(values: ArrayBufferView & { BYTES_PER_ELEMENT: number }, items: number) {
  return new Uint8Array(values.buffer as ArrayBuffer, 0, items * values.BYTES_PER_ELEMENT);
}

/** A capacity for `needed` items where there were `old`. */
export function grown(old: number, needed: number): number {
  return Math.max(64, old * 2, needed);
}

/** Where values without a fixed width end, in 32 or 64 bits. The first begins at 0. */
export class Offsets {
  readonly width: number;
  #words = new Int32Array(64);

  constructor(readonly large: boolean) {
    this.width = large ? 8 : 4;
  }

  /** The end of the value before `index`. */
  before(index: number): number {
    return this.#words[this.large ? index * 2 : index]!;
  }

  /** Sets the end of the value at `index`. A batch is far below 2 GiB. */
  set(index: number, end: number): void {
    const place = this.large ? (index + 1) * 2 : index + 1;
    if (place + 1 >= this.#words.length) {
      const words = new Int32Array(grown(this.#words.length, place + 2));
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[place] = end;
  }

  bytes(length: number): Uint8Array {
    return bytesOf(this.#words, (length + 1) * (this.width / 4));
  }
}
