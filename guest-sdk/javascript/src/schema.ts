/**
 * Columns as an author writes them, and the type of the rows that follows from them.
 */

import type { DataType, DictionaryKey, Field, Item, TimeUnit, VectorItem } from "./data-type.js";
import { parse } from "./parse.js";

/** What a column is, beside its type. */
interface Facts {
  readonly nullable: boolean;
  readonly isKey: boolean;
  readonly metadata: ReadonlyArray<readonly [string, string]>;
}

const REQUIRED: Facts = { nullable: false, isKey: false, metadata: [] };

/**
 * A column of a table: its type, whether it may be null, whether it belongs to the key.
 *
 * `T` is what a row has in its place.
 */
export class Column<T, Nullable extends boolean = boolean, Key extends boolean = boolean> {
  /** Only types look at it. */
  declare readonly value: T;
  readonly dataType: DataType;
  readonly nullable: Nullable;
  readonly isKey: Key;
  readonly metadata: ReadonlyArray<readonly [string, string]>;

  /** @internal Use {@link text}, {@link int64} and their like. */
  constructor(dataType: DataType, facts: Facts = REQUIRED) {
    this.dataType = dataType;
    this.nullable = facts.nullable as Nullable;
    this.isKey = facts.isKey as Key;
    this.metadata = facts.metadata;
  }

  /** The same column, which may be null: a row may have null there, or leave it out. */
  optional(this: [Key] extends [true] ? "a key is never null" : unknown): Column<T, true, false> {
    const column = this as Column<T, Nullable, Key>;
    return new Column(column.dataType, { ...column.#facts(), nullable: true });
  }

  /**
   * The same column as a part of the key, which identifies a row. Several of them make a composite
   * key, in their order.
   */
  key(this: [Nullable] extends [true] ? "a key is never null" : unknown): Column<T, false, true> {
    const column = this as Column<T, Nullable, Key>;
    return new Column(column.dataType, { ...column.#facts(), isKey: true });
  }

  /** The same column with metadata that is stored with it. */
  withMetadata(metadata: Readonly<Record<string, string>>): Column<T, Nullable, Key> {
    return new Column(this.dataType, { ...this.#facts(), metadata: Object.entries(metadata) });
  }

  #facts(): Facts {
    return { nullable: this.nullable, isKey: this.isKey, metadata: this.metadata };
  }
}

/** A column of which nothing is known before the program runs. */
export type AnyColumn = Column<any>;

/** A column or an item as the builders below return it. */
type Required<T> = Column<T, false, false>;

/** The columns of a table by their names. */
export type Columns = Readonly<Record<string, AnyColumn>>;

/** What stands in an array or a map for an item. */
type ItemOf<C> =
  C extends Column<infer T, infer Nullable> ? (Nullable extends true ? T | null : T) : never;

type OptionalNames<C> = {
  [K in keyof C]: C[K] extends { readonly nullable: true } ? K : never;
}[keyof C];

type Simplify<T> = { [K in keyof T]: T[K] };

/** The type of a row with these columns, or of a struct with these fields. */
export type RowOf<C extends Columns> = string extends keyof C
  ? Record<string, unknown>
  : Simplify<
      { [K in Exclude<keyof C, OptionalNames<C>>]: C[K]["value"] } & {
        [K in OptionalNames<C>]?: C[K]["value"] | null | undefined;
      }
    >;

const plain = <T>(dataType: DataType): Required<T> => new Column(dataType);

/** True and false. */
export const bool = () => plain<boolean>({ type: "bool" });
/** Whole numbers from -128 to 127. */
export const int8 = () => plain<number>({ type: "int8" });
/** Whole numbers of 16 bits. */
export const int16 = () => plain<number>({ type: "int16" });
/** Whole numbers of 32 bits. */
export const int32 = () => plain<number>({ type: "int32" });
/** Whole numbers of 64 bits. A number has to be a safe integer; a bigint may be any. */
export const int64 = () => plain<bigint | number>({ type: "int64" });
/** Whole numbers from 0 to 255. */
export const uint8 = () => plain<number>({ type: "uint8" });
/** Whole numbers of 16 bits, from 0. */
export const uint16 = () => plain<number>({ type: "uint16" });
/** Whole numbers of 32 bits, from 0. */
export const uint32 = () => plain<number>({ type: "uint32" });
/** Whole numbers of 64 bits, from 0. A number has to be a safe integer; a bigint may be any. */
export const uint64 = () => plain<bigint | number>({ type: "uint64" });
/** Floating-point numbers of 16 bits: three significant digits, up to 65504. */
export const float16 = () => plain<number>({ type: "float16" });
/** Floating-point numbers of 32 bits. */
export const float32 = () => plain<number>({ type: "float32" });
/** The numbers of JavaScript. */
export const float64 = () => plain<number>({ type: "float64" });
/** Text. */
export const text = () => plain<string>({ type: "utf8" });
/** Text, more than 2 GiB of it in a batch where somebody reads it. */
export const largeText = () => plain<string>({ type: "large-utf8" });
/** Bytes. */
export const bytes = () => plain<Uint8Array>({ type: "binary" });
/** Bytes, more than 2 GiB of them in a batch where somebody reads them. */
export const largeBytes = () => plain<Uint8Array>({ type: "large-binary" });
/** Exactly `size` bytes, such as a hash. */
export const fixedBytes = (size: number) => plain<Uint8Array>({ type: "fixed-size-binary", size });
/** Whatever JSON can hold, stored as its text. In a required column, null is the JSON `null`. */
export const json = <T = unknown>() => plain<T>({ type: "json" });
/** Days. A `Date` stands for its day in UTC; text is such as `2024-02-29`. */
export const date = () => plain<Date | string>({ type: "date32" });
/** Days, counted in milliseconds. */
export const date64 = () => plain<Date | string>({ type: "date64" });
/** Times of a day: text such as `23:59:59.5`, or the count of the unit since midnight. */
export const time = (unit: TimeUnit = "us") =>
  plain<string | bigint | number>({
    type: unit === "s" || unit === "ms" ? "time32" : "time64",
    unit,
  });
/**
 * Moments. A bigint counts the unit since 1970; a `Date` has milliseconds. With a time zone, such
 * as `UTC` or `Europe/Berlin`, readers show them in it; without one they have none.
 */
export const timestamp = (unit: TimeUnit = "us", zone?: string) =>
  plain<Date | bigint>({ type: "timestamp", unit, zone });
/** Spans of time, counted in the unit. */
export const duration = (unit: TimeUnit = "us") =>
  plain<bigint | number>({ type: "duration", unit });
/**
 * Exact numbers of `precision` digits, `scale` of them behind the point. Up to 38 digits take 16
 * bytes, up to 76 take 32.
 */
export const decimal = (precision: number, scale: number) =>
  plain<string | bigint | number>({
    type: precision <= 38 ? "decimal128" : "decimal256",
    precision,
    scale,
  });

/** What a vector may be given as. */
export type VectorValue =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | ReadonlyArray<number>;

/** Vectors of `size` numbers. */
export const vector = (size: number, item: VectorItem = "float32") =>
  plain<VectorValue>({ type: "vector", item, size });

/** Any number of items, which may be null if they are `optional()`. */
export const list = <C extends AnyColumn>(item: C) =>
  plain<ReadonlyArray<ItemOf<C>>>({ type: "list", item: itemOf(item) });
/** The same, more than 2^31 of them in a batch where somebody reads them. */
export const largeList = <C extends AnyColumn>(item: C) =>
  plain<ReadonlyArray<ItemOf<C>>>({ type: "large-list", item: itemOf(item) });
/** Exactly `size` items, which have a fixed size themselves and are no structs. */
export const fixedList = <C extends AnyColumn>(item: C, size: number) =>
  plain<ReadonlyArray<ItemOf<C>>>({ type: "fixed-size-list", item: itemOf(item), size });
/** A value for each field. */
export const struct = <C extends Columns>(fields: C) =>
  plain<RowOf<C>>({
    type: "struct",
    fields: Object.entries(fields).map(([name, field]): Field => ({ name, ...itemOf(field) })),
  });
/** Values by key: a `Map`, or an object if the keys are text. */
export const map = <K extends Required<unknown>, C extends AnyColumn>(key: K, value: C) =>
  plain<
    | ReadonlyMap<K["value"], ItemOf<C>>
    | (K["value"] extends string ? Readonly<Record<string, ItemOf<C>>> : never)
  >({ type: "map", key: key.dataType, value: itemOf(value) });
/**
 * Values each of which is stored once and named by an integer, for columns of few different ones:
 * of booleans, numbers, text or bytes.
 */
export const dictionary = <C extends Required<unknown>>(value: C, key: DictionaryKey = "int32") =>
  plain<C["value"]>({ type: "dictionary", key, value: value.dataType });

/**
 * A column whose type is written as in the contract, such as `timestamp(us, UTC)`: for types that
 * are known only when the program runs.
 */
export const column = <T = unknown>(dataType: string) => plain<T>(parse(dataType));

function itemOf({ dataType, nullable }: AnyColumn): Item {
  return { dataType, nullable };
}
