/** Runs that fail. */

import { type AnyColumn, column, defineTable, int64, text, vector } from "@lance-host/sdk";

export function wrongDimension(): void {
  const table = defineTable("wrong-dimension", { id: int64().key(), vector: vector(2) });
  table.declareRow({ id: 0, vector: [0, 0] });
  table.declareRow({ id: 1, vector: [0, 0, 0] });
}

export function wrongType(): void {
  const columns: Record<string, AnyColumn> = { id: column("int64").key(), number: column("int64") };
  const table = defineTable("wrong-type", columns);
  table.declareRow({ id: 0, number: 1 });
  table.declareRow({ id: 1, number: "many" });
}

export function missingColumn(): void {
  const columns: Record<string, AnyColumn> = { id: column("int64").key(), name: column("utf8") };
  const table = defineTable("missing-column", columns);
  table.declareRow({ id: 0, name: "a" });
  table.declareRow({ id: 1 });
}

export function duplicateTable(): void {
  defineTable("duplicate-table", { id: int64().key() });
  defineTable("duplicate-table", { id: int64().key(), name: text() });
}

export function duplicateKey(): void {
  const table = defineTable("duplicate-key", { id: int64().key(), name: text() });
  for (const name of ["a", "b"]) table.declareRow({ id: 1, name });
}

export function unknownDatabase(): void {
  defineTable("unknown-database", { id: int64().key() }, { database: "nowhere" });
}

export function unknownSetting(): void {
  defineTable("unknown-setting", { id: int64().key() }, { settings: { colour: "blue" } });
}

export function unknownIndex(): void {
  const columns: Record<string, AnyColumn> = { id: int64().key() };
  defineTable("unknown-index", columns).declareScalarIndex("nowhere", { kind: "btree" });
}

export function error(): void {
  oneRow("error");
  const middle = new Error("middle", { cause: new Error("inner") });
  throw new Error("outer", { cause: middle });
}

export async function panic(): Promise<void> {
  oneRow("panic");
  await Promise.resolve();
  throw new RangeError("the guest panicked on purpose");
}

function oneRow(table: string): void {
  defineTable(table, { id: int64().key() }).declareRow({ id: 1 });
}
