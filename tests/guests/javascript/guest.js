/**
 * A pipeline in JavaScript against the bare contract, without an SDK.
 *
 * It declares the same rows twice: in `people`, one by one as lists of values, and in
 * `people_by_columns`, as Arrow columns built by hand. `tests/guests/python` declares the
 * very same, and describes the rows and the parameters.
 */

import { declareTable } from "lance-host:pipeline/target@0.1.0";

const FIELDS = [
  field("id", "int64"),
  field("name", "utf8"),
  field("score", "float64", true),
  field("data", "binary"),
  field("active", "bool"),
  field("tags", "json"),
  field("embedding", "vector(float32, 3)"),
];

function field(name, dataType, nullable = false) {
  return { name, dataType, nullable, metadata: [] };
}

/** One row, as a program would hold it. */
function person(i) {
  return {
    id: BigInt(i),
    name: `person ${i} ä`,
    score: i % 3 === 0 ? null : i / 4,
    data: new Uint8Array([i % 256, 0, 255]),
    active: i % 2 === 0,
    tags: JSON.stringify({ group: i % 5, even: i % 2 === 0 }),
    embedding: new Float32Array([i, i / 2, -i]),
  };
}

/** The row for `declare-row`: a value for each field, in their order. */
function values(p) {
  return [
    { tag: "int64", val: p.id },
    { tag: "text", val: p.name },
    p.score === null ? { tag: "null" } : { tag: "float64", val: p.score },
    { tag: "bytes", val: p.data },
    { tag: "boolean", val: p.active },
    { tag: "text", val: p.tags },
    { tag: "vector", val: p.embedding },
  ];
}

/** One bit a flag, least significant first. */
function bits(flags) {
  const packed = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => {
    if (flag) packed[i >> 3] |= 1 << (i & 7);
  });
  return packed;
}

/** Fixed-width values: `set` is a setter of `DataView`, for values of `width` bytes. */
function numbers(set, width, list) {
  const bytes = new Uint8Array(list.length * width);
  const view = new DataView(bytes.buffer);
  list.forEach((value, i) => view[set](i * width, value, true));
  return bytes;
}

/** Offsets, one more than values, and the bytes that they divide. */
function texts(list) {
  const offsets = [0];
  for (const value of list) offsets.push(offsets[offsets.length - 1] + value.length);
  const bytes = new Uint8Array(offsets[list.length]);
  list.forEach((value, i) => bytes.set(value, offsets[i]));
  return [numbers("setInt32", 4, offsets), bytes];
}

function column(length, buffers, validity = undefined) {
  return { length, validity, buffers };
}

/** The rows for `declare-rows`: a column for each field, in their order. */
function columns(people) {
  const n = people.length;
  const utf8 = new TextEncoder();
  const all = (name) => people.map((p) => p[name]);
  return [
    column(n, [numbers("setBigInt64", 8, all("id"))]),
    column(n, texts(all("name").map((name) => utf8.encode(name)))),
    // What stands in the place of a null does not matter.
    column(
      n,
      [numbers("setFloat64", 8, all("score").map((score) => score ?? 0))],
      bits(all("score").map((score) => score !== null)),
    ),
    column(n, texts(all("data"))),
    column(n, [bits(all("active"))]),
    column(n, texts(all("tags").map((tags) => utf8.encode(tags)))),
    column(n, [numbers("setFloat32", 4, all("embedding").flatMap((e) => [...e]))]),
  ];
}

function declare(params) {
  const people = Array.from({ length: Number(params.get("rows") ?? 10) }, (_, i) => person(i));

  const byRows = declareTable("default", "people", FIELDS, ["id"], []);
  for (const p of people) byRows.declareRow(values(p));

  const byColumns = declareTable("default", "people_by_columns", FIELDS, ["id"], []);
  byColumns.declareRows(columns(people));
}

/** What the component exports: whatever is thrown must be a string, the error of the contract. */
export function run(params) {
  const given = new Map(params);
  try {
    declare(given);
  } catch (error) {
    // The host's typed errors arrive as the payload of an `Error`. Of any other `Error`
    // the engine would lose the message.
    const refused = error.payload;
    throw refused ? `${refused.code}: ${refused.message}` : String(error.stack ?? error);
  }
  if (given.has("fail")) throw given.get("fail");
}
