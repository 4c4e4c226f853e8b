/** Runs the pipeline under plain Node.js. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { declared } from "@lance-host/sdk/testing";

import { run } from "../src/pipeline.js";

test("everybody is greeted by name", async () => {
  const [greetings] = await declared(run, { name: "Ada" });
  const texts = greetings?.rows.map((row) => row.text);
  assert.deepEqual(texts, ["Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"]);
});
