/** What the compiler takes and refuses. It is compiled, and never run. */

import {
  type RowFor,
  bool,
  column,
  date,
  decimal,
  defineTable,
  dictionary,
  float64,
  int64,
  json,
  list,
  map,
  struct,
  text,
  timestamp,
  vector,
} from "../src/index.js";

const documents = defineTable("documents", {
  id: text().key(),
  title: text(),
  score: float64().optional(),
  embedding: vector(384),
  tags: json<string[]>(),
});

/** Holds if both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

type Document = RowFor<typeof documents>;
const same: Same<Document["tags"], string[]> = true;
const optional: Same<Document["score"], number | null | undefined> = true;
void [same, optional];

const embedding = new Float32Array(384);
documents.declareRow({ id: "a", title: "A", embedding, tags: [] });
documents.declareRow({ id: "a", title: "A", embedding: [1], tags: ["x"], score: null });
// @ts-expect-error A required column is missing.
documents.declareRow({ id: "a", embedding, tags: [] });
// @ts-expect-error A required column is null.
documents.declareRow({ id: "a", title: null, embedding, tags: [] });
// @ts-expect-error A number is no text.
documents.declareRow({ id: "a", title: 1, embedding, tags: [] });
// @ts-expect-error There is no such column.
documents.declareRow({ id: "a", title: "A", embedding, tags: [], titel: "A" });
// @ts-expect-error The JSON has another type.
documents.declareRow({ id: "a", title: "A", embedding, tags: [1] });
// @ts-expect-error Text is no vector.
documents.declareRow({ id: "a", title: "A", embedding: "1, 2", tags: [] });

documents.declareVectorIndex("embedding", { kind: "ivf-pq", numSubVectors: 96, metric: "cosine" });
documents.declareFtsIndex("title", { tokenizer: "ngram", ngramMin: 2 });
// @ts-expect-error There is no such column.
documents.declareFtsIndex("body");
// @ts-expect-error This kind has no such setting.
documents.declareVectorIndex("embedding", { kind: "ivf-flat", numSubVectors: 96 });
// @ts-expect-error There is no such kind.
documents.declareScalarIndex("id", { kind: "hash" });
// @ts-expect-error Only n-grams have a length.
documents.declareFtsIndex("title", { tokenizer: "simple", ngramMin: 2 });

// @ts-expect-error A table needs a key.
defineTable("keyless", { id: text() });
// @ts-expect-error A key is never null.
text().optional().key();
// @ts-expect-error A key is never null.
text().key().optional();
// @ts-expect-error A manager is one of two.
defineTable("t", { id: text().key() }, { managedBy: "nobody" });

const all = defineTable("all", {
  id: int64().key(),
  when: timestamp("ms", "UTC"),
  day: date().optional(),
  price: decimal(10, 2),
  tags: list(text().optional()),
  place: struct({ x: float64(), y: float64().optional() }),
  counts: map(text(), int64()),
  flags: map(int64(), bool()),
  kind: dictionary(text()),
});
all.declareRow({
  id: 1n,
  when: new Date(),
  price: "1.50",
  tags: ["a", null],
  place: { x: 1 },
  counts: { a: 1, b: 2n },
  flags: new Map([[1, true]]),
  kind: "a",
});
type All = RowFor<typeof all>;
const tags: Same<All["tags"], ReadonlyArray<string | null>> = true;
void tags;
// @ts-expect-error The keys of an object are text.
({ 1: true }) satisfies All["flags"];
// @ts-expect-error The field is required.
({ y: 1 }) satisfies All["place"];

// What is known only when the program runs is not checked.
const dynamic = defineTable("dynamic", Object.fromEntries([["id", column("int64").key()]]));
dynamic.declareRow({ id: 1, anything: "else" });
