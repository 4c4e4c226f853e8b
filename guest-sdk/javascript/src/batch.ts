/** Rows on their way to the host: whole rows only, about 1 MiB of them. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import { type Builder, type Meter, builder } from "./columns/index.js";
import { DeclareError, Misfit } from "./errors.js";
import type { Columns } from "./schema.js";

/** The size at which a batch is sent, in bytes. */
const FULL = 1 << 20;

/** The rows of a table that have been declared and not been sent. */
export class Batch {
  rows = 0;
  readonly #meter: Meter = { bytes: 0 };
  readonly #names: string[];
  readonly #builders: Builder[];
  /** For each column, whether a null is a value as any other. */
  readonly #takesNull: boolean[];
  readonly #width: number;

  constructor(columns: Columns) {
    this.#names = Object.keys(columns);
    const all = Object.values(columns);
    this.#builders = all.map((column) => builder(column.dataType, column.nullable, this.#meter));
    this.#takesNull = all.map((column) => column.dataType.type === "json" && !column.nullable);
    this.#width = this.#builders.reduce((sum, { width }) => sum + width, 0);
  }

  /** Appends a row: all of it, or on an error nothing. */
  append(row: Readonly<Record<string, unknown>>, table: string, position: number): void {
    const { bytes } = this.#meter;
    const names = this.#names;
    const builders = this.#builders;
    let index = 0;
    let present = 0;
    try {
      for (; index < builders.length; index++) {
        const value = row[names[index]!];
        if (value !== undefined) present++;
        if (value !== undefined && (value !== null || this.#takesNull[index])) {
          builders[index]!.append(value);
        } else if (builders[index]!.nullable) {
          builders[index]!.appendNull();
        } else {
          throw missing(value);
        }
      }
      // A name that is no column is most likely a mistake in the name of one that may be null.
      if (Object.keys(row).length !== present) this.#checkNames(row);
    } catch (error) {
      for (const column of builders) column.truncate(this.rows);
      this.#meter.bytes = bytes;
      if (!(error instanceof Misfit)) throw error;
      const column = error.column ?? names[index];
      throw new DeclareError(error.code, error.message, { table, column, row: position });
    }
    this.rows += 1;
  }

  #checkNames(row: object): void {
    for (const name of Object.keys(row)) {
      if (!this.#names.includes(name)) {
        const known = this.#names.join(", ");
        throw new Misfit("unknown-column", `the table has no such column, only ${known}`, name);
      }
    }
  }

  get isFull(): boolean {
    return this.rows * this.#width + this.#meter.bytes >= FULL;
  }

  /** The columns, valid until the next row is appended. */
  columns(): ArrowColumn[] {
    const columns: ArrowColumn[] = [];
    for (const column of this.#builders) column.finish(columns);
    return columns;
  }

  /** Starts the next batch, in the same memory. */
  clear(): void {
    for (const column of this.#builders) column.truncate(0);
    this.#meter.bytes = 0;
    this.rows = 0;
  }
}

function missing(value: unknown): Misfit {
  const found = value === null ? "null" : "missing";
  return new Misfit("null-in-required-column", `the value is ${found}, but the column is required`);
}
