/** When tables, rows and indexes reach the host, and what a run says when it fails. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  type AnyColumn,
  DeclareError,
  Params,
  column,
  defineTable,
  int32,
  int64,
  json,
  list,
  pipeline,
  struct,
  text,
  vector,
} from "../src/index.js";
import { refusals, told } from "../src/testing/host.js";
import { declared } from "../src/testing/index.js";

// The stacks of the errors on purpose.
let printed = "";
beforeEach(() => {
  printed = "";
  console.error = (text: string) => {
    printed += text;
  };
});

/** Defined while the module is loaded, as a component's are. */
const lasting = defineTable("lasting", { id: int64().key(), text: text().optional() });
lasting.declareScalarIndex("id", { kind: "btree" });

async function failure(declare: () => void | Promise<void>): Promise<string> {
  try {
    await declared(pipeline(declare));
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail("the run succeeded");
}

test("a table of a module is declared in each run, with its indexes", async () => {
  const run = pipeline(() => lasting.declareRow({ id: 1 }));
  for (let time = 0; time < 2; time++) {
    const tables = await declared(run);
    assert.equal(tables.length, 1);
    assert.deepEqual(tables[0]!.rows, [{ id: 1n, text: null }]);
    assert.deepEqual(tables[0]!.indexes, [{ column: "id", kind: "btree", settings: {} }]);
  }
});

test("a table of a run ends with it", async () => {
  const made: { declareRow(row: { id: number }): void }[] = [];
  const tables = await declared(
    pipeline(() => {
      made.push(defineTable("other", { id: int32().key() }));
    }),
  );
  assert.deepEqual(
    tables.map((table) => table.name),
    ["lasting", "other"],
  );
  assert.equal((await declared(pipeline(() => {}))).length, 1);
  assert.throws(() => made[0]!.declareRow({ id: 1 }), /takes rows only while the pipeline runs/);
});

test("what is said of a table is a setting", async () => {
  const options = { managedBy: "user", onSchemaChange: "fail", database: "d" } as const;
  const [, table] = await declared(
    pipeline(() => {
      defineTable("t", { id: int32().key() }, { ...options, settings: { colour: "blue" } });
    }),
  );
  assert.equal(table!.database, "d");
  assert.deepEqual(table!.settings, {
    colour: "blue",
    "managed-by": "user",
    "on-schema-change": "fail",
  });
});

test("the options of an index become its settings", async () => {
  const [, table] = await declared(
    pipeline(() => {
      const table = defineTable("t", { id: int32().key(), text: text(), vector: vector(2) });
      table.declareVectorIndex("vector", {
        kind: "ivf-hnsw-pq",
        numSubVectors: 1,
        efConstruction: 9,
      });
      table.declareFtsIndex("text", {
        tokenizer: "ngram",
        ngramMin: 2,
        stopWords: ["a"],
        stem: false,
      });
      table.declareFtsIndex("text");
    }),
  );
  assert.deepEqual(table!.indexes, [
    {
      column: "vector",
      kind: "ivf-hnsw-pq",
      settings: { "num-sub-vectors": "1", "ef-construction": "9" },
    },
    {
      column: "text",
      kind: "fts",
      settings: { tokenizer: "ngram", "ngram-min": "2", "stop-words": '["a"]', stem: "false" },
    },
    { column: "text", kind: "fts", settings: {} },
  ]);
});

test("a batch is sent once it reaches a mebibyte", async () => {
  await declared(
    pipeline(() => {
      lasting.declareRow({ id: 0, text: "x".repeat((1 << 20) - 1000) });
      assert.equal(told[0]!.batches.length, 0);
      lasting.declareRow({ id: 1, text: "x".repeat(1000) });
      assert.equal(told[0]!.batches.length, 1);
      lasting.declareRow({ id: 2, text: "ä" });
    }),
  );
  assert.deepEqual(
    told[0]!.batches.map((batch) => batch[0]!.length),
    [2, 1],
  );
});

test("a row that does not fit leaves no trace and can be left out", async () => {
  const [, table] = await declared(
    pipeline(() => {
      const table = defineTable("t", {
        id: int32().key(),
        tags: list(struct({ a: text() })).optional(),
        vector: vector(2),
      });
      table.declareRow({ id: 0, tags: [{ a: "x" }], vector: [0, 0] });
      try {
        table.declareRow({ id: 1, tags: [{ a: "y" }, { a: "z" }], vector: [0] });
        assert.fail("the row was taken");
      } catch (error) {
        assert.ok(error instanceof DeclareError);
        assert.equal(error.code, "dimension-mismatch");
        assert.equal(error.reason, "the vector has 1 item instead of 2");
        assert.deepEqual([error.table, error.column, error.row], ["default/t", "vector", 1]);
      }
      table.declareRow({ id: 2, vector: [2, 2] });
    }),
  );
  assert.deepEqual(table!.rows, [
    { id: 0, tags: [{ a: "x" }], vector: [0, 0] },
    { id: 2, tags: null, vector: [2, 2] },
  ]);
});

const MISFITS: [AnyColumn, unknown, RegExp][] = [
  [
    column("bool"),
    1,
    /^1 cannot be stored as bool: give a boolean \(table default\/t, column value, row 1\)$/,
  ],
  [column("int8"), 128, /^128 cannot be stored as int8: give a whole number, from -128 to 127 /],
  [column("uint32"), 1.5, /^1.5 cannot be stored as uint32: .* from 0 to 4294967295 /],
  [column("int32"), "5", /^"5" cannot be stored as int32/],
  [
    column("int64"),
    "many",
    /^"many" cannot be stored as int64: give a bigint, or a number that is a safe/,
  ],
  [column("int64"), 2 ** 53, /^9007199254740992 cannot be stored as int64/],
  [column("int64"), 2n ** 63n, /^9223372036854775808n cannot be stored as int64/],
  [column("uint64"), -1, /^-1 cannot be stored as uint64: .* from 0 to 18446744073709551615 /],
  [column("float64"), "1", /^"1" cannot be stored as float64: give a number /],
  [column("utf8"), 5, /^5 cannot be stored as utf8: give a string /],
  [column("utf8"), "\ud800", /^half of a character stands alone in the text /],
  [column("binary"), [1], /^an array of 1 cannot be stored as binary: give a Uint8Array /],
  [column("fixed-size-binary(2)"), new Uint8Array(3), /^the value has 3 bytes instead of 2 /],
  [column("json"), 1n, /^there is no JSON of it: /],
  [column("json"), () => 1, /^there is no JSON of a function /],
  [
    column("date32"),
    "2023-02-29",
    /^"2023-02-29" cannot be stored as a date: give a Date, or text such as 2024-02-29 /,
  ],
  [column("date32"), new Date(Number.NaN), /^the Date is invalid /],
  [column("time32(s)"), "12:00:00.5", /^"12:00:00.5" is no whole number of s /],
  [column("time64(us)"), "24:00", /^"24:00" cannot be stored as a time of day/],
  [column("timestamp(s)"), new Date(1), /^1970-01-01T00:00:00.001Z is no whole number of s /],
  [
    column("timestamp(us)"),
    5,
    /^5 cannot be stored as a timestamp: give a Date, or a bigint that counts us /,
  ],
  [column("duration(s)"), 0.5, /^0.5 cannot be stored as a duration/],
  [column("decimal128(3, 1)"), "1.25", /^"1.25" has more than 1 digits behind the point /],
  [column("decimal128(3, 1)"), 100, /^100 has more than 3 digits /],
  [column("decimal128(3, 1)"), "1,5", /^"1,5" cannot be stored as a decimal of 3 digits/],
  [column("vector(float32, 2)"), [1, null], /^item 1 of the vector is null, no float32 /],
  [column("vector(uint8, 1)"), [256], /^item 0 of the vector is 256, no uint8 /],
  [
    column("vector(float32, 2)"),
    "12",
    /^"12" cannot be stored as vector\(float32, 2\): give a Float32Array/,
  ],
  [column("list(utf8!)"), ["a", null], /^item 1: a value is required here, and there is none /],
  [
    column("struct(a: list(int8))"),
    { a: [1, 2, 300] },
    /^field a: item 2: 300 cannot be stored as int8/,
  ],
  [column("struct(a: int8)"), { b: 1 }, /^there is no field b /],
  [column("map(utf8, int8)"), { a: "x" }, /^the value of a: "x" cannot be stored as int8/],
  [column("fixed-size-list(int8, 2)"), [1], /^the list has 1 items instead of 2 /],
];

for (const [type, value, message] of MISFITS) {
  test(`the run fails with: ${message.source.slice(1, 60)}`, async () => {
    const found = await failure(() => {
      const columns: Record<string, AnyColumn> = { id: int32().key(), value: type.optional() };
      const table = defineTable("t", columns);
      table.declareRow({ id: 0 });
      table.declareRow({ id: 1, value });
    });
    assert.match(found, message);
    assert.match(found, / \(table default\/t, column value, row 1\)$/);
  });
}

test("values and columns that are missing or too many are named", async () => {
  const declare = (row: Record<string, unknown>) =>
    failure(() => {
      const columns: Record<string, AnyColumn> = { id: int32().key(), title: text().optional() };
      defineTable("t", columns).declareRow(row);
    });
  assert.equal(
    await declare({ title: "a" }),
    "the value is missing, but the column is required (table default/t, column id, row 0)",
  );
  assert.equal(
    await declare({ id: null }),
    "the value is null, but the column is required (table default/t, column id, row 0)",
  );
  assert.equal(
    await declare({ id: 1, titel: "a" }),
    "the table has no such column, only id, title (table default/t, column titel, row 0)",
  );
});

test("a batch that the host refuses fails everything after it", async () => {
  const found = await failure(() => {
    lasting.declareRow({ id: 1 });
    const details: [string, string][] = [
      ["first", "0"],
      ["rows", "7"],
    ];
    const row = 2n;
    refusals.declareRows = {
      code: "duplicate-key",
      message: "row 0 again",
      table: "default/lasting",
      row,
      details,
    };
    const refused = /^DeclareError: row 0 again \(table default\/lasting, row 2, rows: 7\)$/;
    assert.throws(() => lasting.flush(), refused);
    assert.throws(() => lasting.declareRow({ id: 2 }), refused);
  });
  assert.equal(found, "row 0 again (table default/lasting, row 2, rows: 7)");
});

test("a table that the host refuses ends the run with its words", async () => {
  const found = await failure(() => {
    refusals.declareTable = { code: "unknown-database", message: "no such database", details: [] };
    defineTable("t", { id: int32().key() }, { database: "nowhere" });
  });
  assert.equal(found, "no such database");
});

test("an error is told with its causes, and where it happened", async () => {
  assert.equal(
    await failure(function theCulprit() {
      throw new Error("outer", { cause: new TypeError("inner", { cause: "text" }) });
    }),
    "outer: TypeError: inner: text",
  );
  assert.match(printed, /^Error: outer\n {4}at theCulprit/);
  assert.equal(
    await failure(async () => {
      await Promise.resolve();
      throw "just text";
    }),
    "just text",
  );
});

test("the run goes on after the promise, and only then are the last rows sent", async () => {
  const tables = await declared(
    pipeline(async () => {
      await Promise.resolve();
      lasting.declareRow({ id: 5 });
    }),
  );
  assert.deepEqual(tables[0]!.rows, [{ id: 5n, text: null }]);
});

test("parameters keep their order, and one that is missing or wrong is named", async () => {
  const params = new Params([
    ["b", "1"],
    ["a", ""],
    ["b", "2.5"],
  ]);
  assert.deepEqual(
    [...params],
    [
      ["b", "1"],
      ["a", ""],
      ["b", "2.5"],
    ],
  );
  assert.equal(params.get("b"), "2.5");
  assert.equal(params.number("b"), 2.5);
  assert.equal(params.number("c"), undefined);
  assert.throws(
    () => params.require("c"),
    /^Error: parameter c is missing: give it with --param c=VALUE$/,
  );
  assert.throws(() => params.number("a"), /^Error: parameter a is "", no number$/);
});

test("a type that cannot be read is refused with its place", () => {
  const refused = (text: string) => {
    try {
      column(text);
    } catch (error) {
      return String(error);
    }
    return assert.fail(text);
  };
  assert.equal(
    refused("int46"),
    "SyntaxError: there is no type `int46` without brackets, at character 1 of the type int46",
  );
  assert.equal(
    refused("list(utf8"),
    "SyntaxError: `)` is missing, at character 10 of the type list(utf8",
  );
  assert.equal(
    refused("vector(int64, 2)"),
    "SyntaxError: the items of a vector are float16, float32, float64, uint8, int8, at character 8 of the type vector(int64, 2)",
  );
  assert.match(refused("int64!"), /said beside its type/);
  assert.match(refused("list(".repeat(17)), /nested more than 16 deep/);
  assert.match(refused("int8 int8"), /the type ends here/);
  assert.equal(json().dataType.type, "json");
});
