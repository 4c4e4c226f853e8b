/**
 * The types of columns, and the text that the contract writes for them.
 */

/** What time is counted in. */
export type TimeUnit = "s" | "ms" | "us" | "ns";

/** Whole numbers of a fixed width. */
export type IntegerName =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64";

/** The integers that name the values of a dictionary. */
export type DictionaryKey = "int32" | "int64" | "uint32" | "uint64";

/** The numbers of a vector. */
export type VectorItem = "float16" | "float32" | "float64" | "uint8" | "int8";

/** Types that are written as one word. */
export type PlainName =
  | "bool"
  | IntegerName
  | "float16"
  | "float32"
  | "float64"
  | "utf8"
  | "large-utf8"
  | "binary"
  | "large-binary"
  | "json"
  | "date32"
  | "date64";

/** The type of a column or of a part of one. */
export type DataType =
  | { readonly type: PlainName }
  | { readonly type: "fixed-size-binary"; readonly size: number }
  | { readonly type: "time32" | "time64" | "duration"; readonly unit: TimeUnit }
  | { readonly type: "timestamp"; readonly unit: TimeUnit; readonly zone?: string | undefined }
  | {
      readonly type: "decimal128" | "decimal256";
      readonly precision: number;
      readonly scale: number;
    }
  | { readonly type: "vector"; readonly item: VectorItem; readonly size: number }
  | { readonly type: "list" | "large-list"; readonly item: Item }
  | { readonly type: "fixed-size-list"; readonly item: Item; readonly size: number }
  | { readonly type: "struct"; readonly fields: ReadonlyArray<Field> }
  | { readonly type: "map"; readonly key: DataType; readonly value: Item }
  | { readonly type: "dictionary"; readonly key: DictionaryKey; readonly value: DataType };

/** A part of a nested type. */
export interface Item {
  readonly dataType: DataType;
  readonly nullable: boolean;
}

/** A field of a struct. */
export interface Field extends Item {
  readonly name: string;
}

export const INTEGERS: ReadonlySet<string> = new Set<IntegerName>([
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
]);

export const DICTIONARY_KEYS: ReadonlySet<string> = new Set<DictionaryKey>([
  "int32",
  "int64",
  "uint32",
  "uint64",
]);

export const VECTOR_ITEMS: ReadonlySet<string> = new Set<VectorItem>([
  "float16",
  "float32",
  "float64",
  "uint8",
  "int8",
]);

export const PLAIN: ReadonlySet<string> = new Set<string>([
  ...INTEGERS,
  "bool",
  "float16",
  "float32",
  "float64",
  "utf8",
  "large-utf8",
  "binary",
  "large-binary",
  "json",
  "date32",
  "date64",
]);

/** A character of a word, in the sense of the grammar. */
export const WORD = /^[\w\-\u0080-\u{10ffff}]+$/u;

/** The text of a type, such as `list(utf8!)`. */
export function format(dataType: DataType): string {
  switch (dataType.type) {
    case "fixed-size-binary":
      return `fixed-size-binary(${dataType.size})`;
    case "time32":
    case "time64":
    case "duration":
      return `${dataType.type}(${dataType.unit})`;
    case "timestamp":
      return dataType.zone === undefined
        ? `timestamp(${dataType.unit})`
        : `timestamp(${dataType.unit}, ${dataType.zone})`;
    case "decimal128":
    case "decimal256":
      return `${dataType.type}(${dataType.precision}, ${dataType.scale})`;
    case "vector":
      return `vector(${dataType.item}, ${dataType.size})`;
    case "list":
    case "large-list":
      return `${dataType.type}(${item(dataType.item)})`;
    case "fixed-size-list":
      return `fixed-size-list(${item(dataType.item)}, ${dataType.size})`;
    case "struct": {
      const fields = dataType.fields.map((field) => `${name(field.name)}: ${item(field)}`);
      return `struct(${fields.join(", ")})`;
    }
    case "map":
      return `map(${format(dataType.key)}, ${item(dataType.value)})`;
    case "dictionary":
      return `dictionary(${dataType.key}, ${format(dataType.value)})`;
    default:
      return dataType.type;
  }
}

function item({ dataType, nullable }: Item): string {
  return format(dataType) + (nullable ? "" : "!");
}

function name(text: string): string {
  return WORD.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}
