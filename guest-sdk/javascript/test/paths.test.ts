/** Which granted folder a path lies in. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromPosix } from "../src/files/paths.js";

test("a path is read below the deepest granted folder that has it", () => {
  const folders = ["/data", "/data/deep", "/"];
  assert.deepEqual(fromPosix("/data/a/b.txt", folders), { index: 0, rest: "a/b.txt" });
  assert.deepEqual(fromPosix("/data/deep/b.txt", folders), { index: 1, rest: "b.txt" });
  assert.deepEqual(fromPosix("/data/deeper", folders), { index: 0, rest: "deeper" });
  assert.deepEqual(fromPosix("/data/./x/../deep/", folders), { index: 1, rest: "." });
  assert.deepEqual(fromPosix("other", folders), { index: 2, rest: "other" });
});

test("a path outside of what is granted is in no folder", () => {
  assert.equal(fromPosix("/etc/passwd", ["/data"]), undefined);
  assert.equal(fromPosix("/data/../etc", ["/data"]), undefined);
  assert.equal(fromPosix("/database", ["/data"]), undefined);
});
