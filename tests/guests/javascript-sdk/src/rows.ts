/** Tables and rows in their variety. */

import { type Params, column, defineTable, int64, text, vector } from "@lance-host/sdk";

export function composite(): void {
  const table = defineTable("composite", {
    tenant: text().key(),
    number: int64().key(),
    text: text(),
  });
  table.declareRows([
    { tenant: "a", number: 1, text: "a1" },
    { tenant: "a", number: 2, text: "a2" },
    { tenant: "b", number: 1, text: "b1" },
  ]);
}

export function batches(): void {
  const table = defineTable("batches", { id: int64().key(), text: text() });
  for (let id = 0; id < 30_000; id++) table.declareRow({ id, text: "x".repeat(100) });
}

export function large(): void {
  const LARGE = 3 << 20;
  const table = defineTable("large", { id: int64().key(), text: text() });
  table.declareRow({ id: 0, text: "a".repeat(LARGE) });
  table.declareRow({ id: 1, text: "b" });
  table.declareRow({ id: 2, text: "c".repeat(LARGE) });
}

const anything = { id: int64().key() };

export function empty(): void {
  defineTable("empty", anything);
}

export function twoTables(): void {
  const even = defineTable("even", anything);
  const odd = defineTable("odd", anything);
  for (let id = 0; id < 10; id++) (id % 2 === 0 ? even : odd).declareRow({ id });
}

export function user(): void {
  defineTable("user", anything, { managedBy: "user" }).declareRow({ id: 1 });
}

export function params(given: Params): void {
  const table = defineTable("params", { position: int64().key(), name: text(), value: text() });
  let position = 0;
  for (const [name, value] of given) table.declareRow({ position: position++, name, value });
}

export function explicit(): void {
  const names = { id: "int64", name: "utf8", small: "int32", vector: "vector(float32, 2)" };
  const columns = Object.entries(names).map(([name, dataType]) => {
    const plain = column(dataType);
    if (name === "id") return [name, plain.key()] as const;
    return [name, name === "name" ? plain.optional() : plain] as const;
  });
  const table = defineTable("explicit", Object.fromEntries(columns));
  table.declareRow({ id: 1, name: "one", small: 10, vector: [1, 2] });
  table.declareRow({ vector: [3, 4], small: 20, id: 2 });
}

export function indexes(): void {
  const table = defineTable("indexes", {
    id: int64().key(),
    kind: text(),
    text: text(),
    vector: vector(2),
  });
  table.declareScalarIndex("id", { kind: "btree" });
  table.declareScalarIndex("kind", { kind: "bitmap" });
  table.declareFtsIndex("text", { language: "French" });
  table.declareVectorIndex("vector", { kind: "ivf-flat", metric: "cosine", numPartitions: 1 });
  table.declareRow({ id: 1, kind: "a", text: "un chat noir", vector: [1, 0] });
  table.declareRow({ id: 2, kind: "b", text: "des chiens blancs", vector: [0, 1] });
}
