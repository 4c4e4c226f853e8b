/** Dates and times, as the numbers that they are stored as. */

import type { TimeUnit } from "../data-type.js";
import { Misfit, show } from "../errors.js";
import { misfit } from "./misfit.js";

const DAY = 86_400_000;

const PER_SECOND: Record<TimeUnit, number> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** Days since 1970-01-01. */
export function toDays(value: unknown): number {
  const time = typeof value === "string" ? dateOf(value) : timeOf(value, "a date");
  return Math.floor(time / DAY);
}

/** Milliseconds since 1970-01-01 at the beginning of a day. */
export function toDayMilliseconds(value: unknown): number {
  return toDays(value) * DAY;
}

function dateOf(text: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // The engine takes a 31st of each month and makes it the first of the next.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    throw misfit(text, "a date", "a Date, or text such as 2024-02-29");
  }
  return time;
}

function timeOf(value: unknown, type: string): number {
  if (!(value instanceof Date)) throw misfit(value, type, `a Date`);
  const time = value.getTime();
  if (Number.isNaN(time)) throw new Misfit("invalid-value", "the Date is invalid");
  return time;
}

/** Counts of `unit` since 1970. A bigint is such a count already. */
export function toTimestamp(unit: TimeUnit): (value: unknown) => bigint | number {
  const perSecond = PER_SECOND[unit];
  return (value) => {
    if (typeof value === "bigint") return value;
    if (!(value instanceof Date)) {
      throw misfit(value, "a timestamp", `a Date, or a bigint that counts ${unit}`);
    }
    const time = timeOf(value, "a timestamp");
    if (perSecond === 1) {
      if (time % 1000 !== 0) throw tooFine(value, unit);
      return time / 1000;
    }
    const count = time * (perSecond / 1000);
    return Number.isSafeInteger(count) ? count : BigInt(time) * BigInt(perSecond / 1000);
  };
}

/** Counts of `unit`; a span of time has no other form in JavaScript. */
export function toDuration(unit: TimeUnit): (value: unknown) => bigint | number {
  return (value) => {
    if (typeof value === "bigint" || Number.isSafeInteger(value)) return value as bigint | number;
    throw misfit(value, "a duration", `a bigint or a safe integer that counts ${unit}`);
  };
}

const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;

/** Counts of `unit` since midnight, which a double holds even in nanoseconds. */
export function toTimeOfDay(unit: TimeUnit): (value: unknown) => number {
  const perSecond = PER_SECOND[unit];
  return (value) => {
    if (typeof value === "string") {
      const parts = TIME.exec(value);
      if (parts) {
        const [, hours, minutes, seconds = "0", fraction = ""] = parts;
        const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
        const part = (Number(fraction.padEnd(9, "0")) / 1e9) * perSecond;
        const count = Math.round(part);
        if (Number(fraction.padEnd(9, "0")) % (1e9 / perSecond) !== 0) throw tooFine(value, unit);
        return whole * perSecond + count;
      }
    } else {
      const count = Number(value);
      const isCount = typeof value === "bigint" || typeof value === "number";
      if (isCount && Number.isInteger(count) && count >= 0 && count < 86_400 * perSecond) {
        return count;
      }
    }
    throw misfit(
      value,
      "a time of day",
      `text such as 23:59:59.5, or the count of ${unit} since midnight`,
    );
  };
}

function tooFine(value: unknown, unit: TimeUnit): Misfit {
  const shown = value instanceof Date ? value.toISOString() : show(value);
  return new Misfit("invalid-value", `${shown} is no whole number of ${unit}`);
}
