/** How a stack of the engine is told in the author's files. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { stackOf } from "../src/stacks.js";

const PLACES = Symbol.for("lance-host.places");
const global = globalThis as Record<symbol, unknown>;

afterEach(() => {
  delete global[PLACES];
});

test("only the author's frames are told, with their own places", () => {
  // Line 2 begins in a.ts at 1:1. Line 3 has a.ts at 2:3 from its third column on, and then the
  // SDK from its seventh.
  global[PLACES] = { places: ["src/a.ts", null], mappings: ";AAAA;EACE,ICAA" };
  const error = new RangeError("too much");
  error.stack = [
    "inner@main.js:3:4",
    "declareRow@main.js:3:9",
    "async*load/each<@main.js:2:40",
    "@main.js:2:1",
    "unknown@main.js:1:1",
    "export_run@/tmp/1/sources/initializer.js:3:4",
    "",
  ].join("\n");
  assert.equal(
    stackOf(error),
    "RangeError: too much\n    at inner (src/a.ts:2:3)\n    at each (src/a.ts:1:1)\n    at src/a.ts:1:1",
  );
});

test("a stack of Node.js is told as it is", () => {
  const error = new Error("m");
  error.stack = "Error: m\n    at f (file:///a.js:1:2)";
  assert.equal(stackOf(error), "Error: m\n    at f (file:///a.js:1:2)");
});
