/** What of a row arrives at the host, for every type of the contract. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type AnyColumn,
  bool,
  bytes,
  column,
  date,
  date64,
  decimal,
  defineTable,
  dictionary,
  duration,
  fixedBytes,
  fixedList,
  float16,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  json,
  largeBytes,
  largeList,
  largeText,
  list,
  map,
  pipeline,
  struct,
  text,
  time,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  vector,
} from "../src/index.js";
import { declared } from "../src/testing/index.js";

/** What the host gets of these values of one column, null and a missing value in between. */
async function arrived(column: AnyColumn, values: unknown[]): Promise<unknown[]> {
  const [table] = await declared(
    pipeline(() => {
      const columns: Record<string, AnyColumn> = { id: int32().key(), value: column };
      const table = defineTable("t", columns);
      values.forEach((value, id) => table.declareRow({ id, value }));
    }),
  );
  return table!.rows.map((row) => row["value"]);
}

/** A type, values, and what arrives of them. */
const CASES: Record<string, [AnyColumn, unknown[], unknown[]]> = {
  bool: [bool(), [true, false], [true, false]],
  int8: [int8(), [-128, 127], [-128, 127]],
  int16: [int16(), [-32768, 32767], [-32768, 32767]],
  int32: [int32(), [-2147483648, 2147483647, -0], [-2147483648, 2147483647, 0]],
  int64: [
    int64(),
    [-1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2n ** 63n), 2n ** 63n - 1n, 5n],
    [-1n, 2n ** 31n, -(2n ** 31n), 2n ** 53n - 1n, -(2n ** 63n), 2n ** 63n - 1n, 5n],
  ],
  uint8: [uint8(), [0, 255], [0, 255]],
  uint16: [uint16(), [0, 65535], [0, 65535]],
  uint32: [uint32(), [0, 4294967295], [0, 4294967295]],
  uint64: [
    uint64(),
    [0, 2 ** 31, 2 ** 32, 2n ** 64n - 1n],
    [0n, 2n ** 31n, 2n ** 32n, 2n ** 64n - 1n],
  ],
  float16: [
    float16(),
    [0, -0, 1, -1.5, 65504, 65520, 2 ** -24, 2 ** -25, 1.0009765625, 2049, Number.NaN, -Infinity],
    [0, -0, 1, -1.5, 65504, Infinity, 2 ** -24, 0, 1.0009765625, 2048, Number.NaN, -Infinity],
  ],
  float32: [float32(), [0.1, -0], [Math.fround(0.1), -0]],
  float64: [float64(), [0.1, Number.NaN], [0.1, Number.NaN]],
  utf8: [text(), ["", "a", "Grüße, 世界 🌍", "b"], ["", "a", "Grüße, 世界 🌍", "b"]],
  "large-utf8": [largeText(), ["ab", "", "ä"], ["ab", "", "ä"]],
  binary: [
    bytes(),
    [Uint8Array.of(0, 255), new Uint8Array()],
    [Uint8Array.of(0, 255), new Uint8Array()],
  ],
  "large-binary": [
    largeBytes(),
    [Uint8Array.of(7).buffer, Uint8Array.of(8, 9)],
    [Uint8Array.of(7), Uint8Array.of(8, 9)],
  ],
  "fixed-size-binary(2)": [fixedBytes(2), [Uint8Array.of(1, 2)], [Uint8Array.of(1, 2)]],
  json: [json(), [{ a: [1, "ä"] }, "text", 0, false], [{ a: [1, "ä"] }, "text", 0, false]],
  date32: [date(), [new Date("2024-02-29T23:00:00Z"), "1969-12-31"], [19782, -1]],
  date64: [date64(), ["1970-01-02", new Date(-1)], [86_400_000n, -86_400_000n]],
  "time32(s)": [time("s"), ["23:59:59", 0], [86399, 0]],
  "time32(ms)": [time("ms"), ["00:00:00.5", 7n], [500, 7]],
  "time64(us)": [time(), ["23:59:59.999999", "00:01"], [86_399_999_999n, 60_000_000n]],
  "time64(ns)": [time("ns"), ["23:59:59.999999999"], [86_399_999_999_999n]],
  "timestamp(s)": [timestamp("s"), [new Date(-1000), 5n], [-1n, 5n]],
  "timestamp(us, UTC)": [timestamp("us", "UTC"), [new Date(1)], [1000n]],
  "timestamp(ns)": [
    timestamp("ns"),
    [new Date("2024-02-29T12:34:56.789Z")],
    [1709210096789000000n],
  ],
  "duration(ms)": [duration("ms"), [5, -7n], [5n, -7n]],
  "decimal128(10, 2)": [
    decimal(10, 2),
    ["-0.01", 12.5, 3n, "1e3", "+.5"],
    [-1n, 1250n, 300n, 100000n, 50n],
  ],
  "decimal256(60, 0)": [decimal(60, 0), [-(10n ** 59n), 1], [-(10n ** 59n), 1n]],
  "vector(float32, 2)": [
    vector(2),
    [[1, 2], new Float64Array([0.5, -1])],
    [
      [1, 2],
      [0.5, -1],
    ],
  ],
  "vector(float64, 1)": [vector(1, "float64"), [new Float32Array([0.5]), [0.1]], [[0.5], [0.1]]],
  "vector(float16, 2)": [vector(2, "float16"), [[1, -0.5]], [[1, -0.5]]],
  "vector(uint8, 2)": [
    vector(2, "uint8"),
    [Uint8Array.of(1, 255), [0, 3]],
    [
      [1, 255],
      [0, 3],
    ],
  ],
  "vector(int8, 1)": [vector(1, "int8"), [[-128]], [[-128]]],
  "list(utf8)": [list(text().optional()), [[], ["a", null, "ä"]], [[], ["a", null, "ä"]]],
  "list(int32!)": [list(int32()), [[1, 2], Int32Array.of(3)], [[1, 2], [3]]],
  "large-list(bool!)": [largeList(bool()), [[true], [false, true]], [[true], [false, true]]],
  "list(vector(float32, 2)!)": [
    list(vector(2)),
    [
      [
        [1, 2],
        [3, 4],
      ],
      [],
    ],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [],
    ],
  ],
  "fixed-size-list(int64!, 2)": [fixedList(int64(), 2), [[1, 2n]], [[1n, 2n]]],
  'struct(x: float64!, "a ""b""": json)': [
    struct({ x: float64(), 'a "b"': json().optional() }),
    [{ x: 1, 'a "b"': [] }, { x: 2 }],
    [
      { x: 1, 'a "b"': [] },
      { x: 2, 'a "b"': null },
    ],
  ],
  "map(utf8, int8)": [
    map(text(), int8().optional()),
    [{ a: 1, b: null }, new Map([["c", 2]]), {}],
    [
      new Map([
        ["a", 1],
        ["b", null],
      ]),
      new Map([["c", 2]]),
      new Map(),
    ],
  ],
  "dictionary(uint64, utf8)": [dictionary(text(), "uint64"), ["a", "b", "a"], ["a", "b", "a"]],
  "list(dictionary(int32, binary)!)": [
    list(dictionary(bytes())),
    [[Uint8Array.of(1), Uint8Array.of(2)], [Uint8Array.of(1)]],
    [[Uint8Array.of(1), Uint8Array.of(2)], [Uint8Array.of(1)]],
  ],
};

for (const [name, [type, values, expected]] of Object.entries(CASES)) {
  test(`${name} arrives as it was declared`, async () => {
    assert.deepEqual(await arrived(type, values), expected);
  });

  test(`${name} may be null if it is optional`, async () => {
    const withNulls = values.flatMap((value) => [null, value, undefined]);
    const found = await arrived(type.optional(), withNulls);
    assert.deepEqual(
      found,
      expected.flatMap((value) => [null, value, null]),
    );
  });

  test(`${name} is written as the contract writes it`, async () => {
    const [table] = await declared(
      pipeline(() => {
        defineTable("t", { id: text().key(), value: type, again: column(name) });
      }),
    );
    assert.deepEqual(table!.columns, { id: "utf8!", value: `${name}!`, again: `${name}!` });
  });
}

test("a required column of JSON takes null as a value", async () => {
  assert.deepEqual(await arrived(json(), [null, 1]), [null, 1]);
});

test("what stands in a buffer may change after the row was declared", async () => {
  const [table] = await declared(
    pipeline(() => {
      const table = defineTable("t", { id: int32().key(), bytes: bytes(), vector: vector(1) });
      const shared = { bytes: new Uint8Array(1), vector: new Float32Array(1) };
      for (let id = 0; id < 3; id++) {
        shared.bytes[0] = shared.vector[0] = id;
        table.declareRow({ id, ...shared });
      }
    }),
  );
  assert.deepEqual(
    table!.rows.map((row) => [row["bytes"], row["vector"]]),
    [0, 1, 2].map((id) => [Uint8Array.of(id), [id]]),
  );
});

test("a null in a nested value takes its parts with it", async () => {
  const nested = struct({
    a: list(struct({ b: json(), c: dictionary(text()) })),
    d: decimal(3, 0),
  });
  const value = { a: [{ b: 1, c: "x" }], d: 7 };
  assert.deepEqual(await arrived(nested.optional(), [null, value, null]), [
    null,
    { a: [{ b: 1, c: "x" }], d: 7n },
    null,
  ]);
  const fixed = fixedList(struct({ b: json(), c: dictionary(text()) }), 2);
  assert.deepEqual(await arrived(fixed.optional(), [null]), [null]);
});

test("thousands of rows arrive with all their nulls", async () => {
  const values = Array.from({ length: 5000 }, (_, n) => (n % 7 === 3 ? null : n));
  const types: AnyColumn[] = [int32(), list(int32())];
  for (const type of types) {
    const given =
      type.dataType.type === "list" ? values.map((n) => (n === null ? null : [n, n])) : values;
    assert.deepEqual(await arrived(type.optional(), given), given);
  }
});
