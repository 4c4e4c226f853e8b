/** Stands in for the host's interface outside of a component: it remembers what is declared. */

import type {
  ArrowColumn,
  Field,
  Setting,
  TargetError,
  Value,
} from "lance-host:pipeline/target@0.1.0";

/** A table as the host was told of it. */
export interface Told {
  database: string;
  name: string;
  fields: Field[];
  primaryKey: string[];
  settings: Setting[];
  /** One array of columns for each call, copied as the host copies them. */
  batches: ArrowColumn[][];
  indexes: { column: string; kind: string; settings: Setting[] }[];
}

/** What was declared since it was emptied last. */
export const told: Told[] = [];

/** An error of the host, to be thrown by the next call of a function. */
export const refusals: Partial<
  Record<"declareTable" | "declareRows" | "declareIndex", TargetError>
> = {};

function refuse(call: keyof typeof refusals): void {
  const payload = refusals[call];
  delete refusals[call];
  // What the engine throws is an object with a payload.
  if (payload) throw { payload };
}

export class Table {
  readonly #told: Told;

  constructor(table: Told) {
    this.#told = table;
  }

  declareRow(_row: Value[]): void {
    throw new Error("the SDK declares rows by columns");
  }

  declareRows(columns: ArrowColumn[]): void {
    refuse("declareRows");
    this.#told.batches.push(
      columns.map(({ length, validity, buffers }) => ({
        length,
        validity: validity?.slice(),
        buffers: buffers.map((buffer) => buffer.slice()),
      })),
    );
  }

  declareIndex(column: string, kind: string, settings: Setting[]): void {
    refuse("declareIndex");
    this.#told.indexes.push({ column, kind, settings });
  }
}

export function declareTable(
  database: string,
  name: string,
  fields: Field[],
  primaryKey: string[],
  settings: Setting[],
): Table {
  refuse("declareTable");
  const table = { database, name, fields, primaryKey, settings, batches: [], indexes: [] };
  told.push(table);
  return new Table(table);
}
