/**
 * Uses the whole SDK for JavaScript. The parameter `case` chooses what is declared;
 * `tests/tests/sdk_suite.rs` documents the cases.
 */

import { type Params, pipeline } from "@lance-host/sdk";

import * as failures from "./failures.js";
import * as rows from "./rows.js";
import * as types from "./types.js";

const cases: Record<string, (params: Params) => void | Promise<void>> = {
  types: types.types,
  nulls: types.nulls,
  wide: types.wide,
  nested: types.nested,
  composite: rows.composite,
  batches: rows.batches,
  large: rows.large,
  empty: rows.empty,
  "two-tables": rows.twoTables,
  user: rows.user,
  params: rows.params,
  explicit: rows.explicit,
  indexes: rows.indexes,
  "wrong-dimension": failures.wrongDimension,
  "wrong-type": failures.wrongType,
  "missing-column": failures.missingColumn,
  "duplicate-table": failures.duplicateTable,
  "duplicate-key": failures.duplicateKey,
  "unknown-database": failures.unknownDatabase,
  "unknown-setting": failures.unknownSetting,
  "unknown-index": failures.unknownIndex,
  error: failures.error,
  panic: failures.panic,
};

export const run = pipeline((params) => {
  const name = params.require("case");
  const declare = cases[name];
  if (declare === undefined) throw new Error(`no such case: ${name}`);
  return declare(params);
});
