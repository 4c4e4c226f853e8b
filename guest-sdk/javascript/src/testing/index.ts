/**
 * Runs a pipeline under plain Node.js and tells what it declares, for tests.
 *
 * ```ts
 * // node --import @lance-host/sdk/testing/register --test
 * const [documents] = await declared(run, { root: "/docs" });
 * assert.deepEqual(documents.rows[0], { id: "a", title: "A" });
 * ```
 *
 * It compares nothing with a database, and checks less than the host does.
 *
 * @module
 */

import type { Setting } from "lance-host:pipeline/target@0.1.0";

import { parse } from "../parse.js";
import type { Run } from "../pipeline.js";
import { decode } from "./decode.js";
import { type Told, told } from "./host.js";

/** A table that a pipeline declared. */
export interface DeclaredTable {
  readonly database: string;
  readonly name: string;
  /** The types of the columns, as the contract writes them. */
  readonly columns: Record<string, string>;
  readonly primaryKey: readonly string[];
  readonly settings: Record<string, string>;
  readonly indexes: ReadonlyArray<{
    column: string;
    kind: string;
    settings: Record<string, string>;
  }>;
  /**
   * The rows as the host takes them: 64-bit integers are bigints, vectors are arrays of numbers,
   * JSON is parsed; dates, times and decimals are their counts.
   */
  readonly rows: ReadonlyArray<Record<string, unknown>>;
}

/**
 * Runs a pipeline, and returns the tables that it declares, in their order. The promise is rejected
 * with an `Error` of the text that the user would read if the pipeline fails.
 */
export async function declared(
  run: Run,
  params: Readonly<Record<string, string>> = {},
): Promise<DeclaredTable[]> {
  told.length = 0;
  try {
    await run(Object.entries(params));
  } catch (message) {
    throw new Error(String(message));
  }
  return told.map(read);
}

function read(table: Told): DeclaredTable {
  const columns = table.fields.map(
    (field) => [field.name, field.dataType + (field.nullable ? "" : "!")] as const,
  );
  return {
    database: table.database,
    name: table.name,
    columns: Object.fromEntries(columns),
    primaryKey: table.primaryKey,
    settings: named(table.settings),
    indexes: table.indexes.map((index) => ({ ...index, settings: named(index.settings) })),
    rows: table.batches.flatMap((batch) => {
      const parts = [...batch];
      const values = table.fields.map(
        (field) => [field.name, decode(parse(field.dataType), parts)] as const,
      );
      if (parts.length > 0) throw new Error("the batch has more parts than the columns");
      const length = batch[0]?.length ?? 0;
      return Array.from({ length }, (_, row) =>
        Object.fromEntries(values.map(([name, column]) => [name, column[row]])),
      );
    }),
  };
}

function named(settings: Setting[]): Record<string, string> {
  return Object.fromEntries(settings);
}
