/**
 * The rows of `cargo xtask bench --guests` in TypeScript; `xtask/bench/guests.py` describes them.
 */

/// <reference path="../../../../guest-sdk/javascript/src/contract.d.ts" />

import {
  type Params,
  bool,
  defineTable,
  float64,
  int64,
  pipeline,
  text,
  vector,
} from "@lance-host/sdk";
import { type Field, type Value, declareTable } from "lance-host:pipeline/target@0.1.0";

const CITIES = ["Aachen", "Bern", "Celle", "Dresden", "Erfurt", "Fulda", "Gera", "Hanau"];
const DIMENSION = 384;

function narrow(row: number) {
  return {
    id: row,
    name: `person ${row}`,
    city: CITIES[row % 8]!,
    score: row / 4,
    visits: (row * 7) % 1000,
    active: row % 2 === 0,
    rating: row % 3 ? row / 8 : null,
    note: row % 4 ? null : "a note",
  };
}

const EMBEDDING = Float32Array.from({ length: DIMENSION }, (_, place) => place / 7);

function vectors(row: number) {
  const embedding = EMBEDDING.slice();
  embedding[0] = row;
  return { id: row, embedding };
}

const NULL: Value = { tag: "null" };

function narrowValues(row: ReturnType<typeof narrow>): Value[] {
  return [
    { tag: "int64", val: BigInt(row.id) },
    { tag: "text", val: row.name },
    { tag: "text", val: row.city },
    { tag: "float64", val: row.score },
    { tag: "int64", val: BigInt(row.visits) },
    { tag: "boolean", val: row.active },
    row.rating === null ? NULL : { tag: "float64", val: row.rating },
    row.note === null ? NULL : { tag: "text", val: row.note },
  ];
}

function vectorValues(row: ReturnType<typeof vectors>): Value[] {
  return [
    { tag: "int64", val: BigInt(row.id) },
    { tag: "vector", val: row.embedding },
  ];
}

function field(name: string, dataType: string, nullable = false): Field {
  return { name, dataType, nullable, metadata: [] };
}

const NARROW_FIELDS = [
  field("id", "int64"),
  field("name", "utf8"),
  field("city", "utf8"),
  field("score", "float64"),
  field("visits", "int64"),
  field("active", "bool"),
  field("rating", "float64", true),
  field("note", "utf8", true),
];
const VECTOR_FIELDS = [field("id", "int64"), field("embedding", `vector(float32, ${DIMENSION})`)];

/** Where rows go, and how each is made. */
type Way = { take: (row: number) => void };

function narrowWay(by: string): Way {
  if (by === "none") return { take: (row) => keep(narrow(row)) };
  if (by === "sdk") {
    const table = defineTable("narrow", {
      id: int64().key(),
      name: text(),
      city: text(),
      score: float64(),
      visits: int64(),
      active: bool(),
      rating: float64().optional(),
      note: text().optional(),
    });
    return { take: (row) => table.declareRow(narrow(row)) };
  }
  const table = declareTable("default", "narrow", NARROW_FIELDS, ["id"], []);
  return { take: (row) => table.declareRow(narrowValues(narrow(row))) };
}

function vectorWay(by: string): Way {
  if (by === "none") return { take: (row) => keep(vectors(row)) };
  if (by === "sdk") {
    const table = defineTable("vectors", { id: int64().key(), embedding: vector(DIMENSION) });
    return { take: (row) => table.declareRow(vectors(row)) };
  }
  const table = declareTable("default", "vectors", VECTOR_FIELDS, ["id"], []);
  return { take: (row) => table.declareRow(vectorValues(vectors(row))) };
}

let kept: unknown;

/** Keeps a row from being optimised away. */
function keep(row: unknown): void {
  kept = row;
}

export const run = pipeline((params: Params) => {
  const rows = Number(params.require("rows"));
  const by = params.require("by");
  const shape = params.require("shape");
  if (!["none", "sdk", "contract"].includes(by)) throw new Error(`no way ${by}`);
  if (shape !== "narrow" && shape !== "vectors") throw new Error(`no shape ${shape}`);
  const way = shape === "narrow" ? narrowWay(by) : vectorWay(by);
  for (let row = 0; row < rows; row++) way.take(row);
  if (kept === null) throw new Error("a row is missing");
});
