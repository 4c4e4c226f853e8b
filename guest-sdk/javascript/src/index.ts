/**
 * Data pipelines for lance-host in TypeScript and JavaScript.
 *
 * A pipeline says which LanceDB tables and rows should exist; the host makes the database match.
 *
 * @module
 */

export type { DataType, DictionaryKey, IntegerName, TimeUnit, VectorItem } from "./data-type.js";
export { DeclareError, type Place } from "./errors.js";
export type { FtsIndex, ScalarIndex, VectorIndex } from "./indexes.js";
export { Params } from "./params.js";
export { pipeline, type Run } from "./pipeline.js";
export {
  type AnyColumn,
  Column,
  type Columns,
  type RowOf,
  type VectorValue,
  bool,
  bytes,
  column,
  date,
  date64,
  decimal,
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
  struct,
  text,
  time,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  vector,
} from "./schema.js";
export { type RowFor, type Table, type TableOptions, defineTable } from "./table.js";
