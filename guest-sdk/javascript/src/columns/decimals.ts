/** Columns of decimal numbers, as integers that count the last place. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import { Misfit, show } from "../errors.js";
import { Builder, bytesOf, grown } from "./builder.js";
import { misfit } from "./misfit.js";

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

export class DecimalBuilder extends Builder {
  override readonly width: number;
  readonly #precision: number;
  readonly #scale: number;
  readonly #words: number;
  #values: BigUint64Array;

  constructor(nullable: boolean, bits: 128 | 256, precision: number, scale: number) {
    super(nullable);
    this.width = bits / 8;
    this.#words = bits / 64;
    this.#precision = precision;
    this.#scale = scale;
    this.#values = new BigUint64Array(this.#words * 16);
  }

  override append(value: unknown): void {
    this.#set(toUnscaled(value, this.#precision, this.#scale));
  }

  override appendEmpty(): void {
    this.#set(0n);
  }

  #set(unscaled: bigint): void {
    const start = this.length * this.#words;
    if (start + this.#words > this.#values.length) {
      const values = new BigUint64Array(grown(this.#values.length, 0));
      values.set(this.#values);
      this.#values = values;
    }
    for (let word = 0; word < this.#words; word++) {
      // The array keeps the last 64 bits of what it is given.
      this.#values[start + word] = unscaled >> BigInt(64 * word);
    }
    this.length += 1;
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([bytesOf(this.#values, this.length * this.#words)]));
  }
}

/** The number times ten to the power of `scale`, if that is whole and has not too many digits. */
export function toUnscaled(value: unknown, precision: number, scale: number): bigint {
  const known = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  const parts = known ? NUMBER.exec(String(value).trim()) : null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts ?? [];
  if (parts === null || whole + fraction === "") {
    throw misfit(
      value,
      `a decimal of ${precision} digits`,
      "text such as 12.50, a number or a bigint",
    );
  }
  const shift = scale - fraction.length + Number(exponent);
  let unscaled = BigInt(whole + fraction);
  if (shift >= 0) {
    unscaled *= 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    if (unscaled % divisor !== 0n) {
      throw new Misfit(
        "invalid-value",
        `${show(value)} has more than ${scale} digits behind the point`,
      );
    }
    unscaled /= divisor;
  }
  if (unscaled >= 10n ** BigInt(precision)) {
    throw new Misfit("invalid-value", `${show(value)} has more than ${precision} digits`);
  }
  return sign === "-" ? -unscaled : unscaled;
}
