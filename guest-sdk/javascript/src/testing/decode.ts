/** Reads columns in the Arrow format back to the values that a test compares. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import type { DataType, Item } from "../data-type.js";

/**
 * The values of a column, which is taken from `parts` together with its children.
 *
 * Numbers of 64 bits are bigints, and so are decimals, which count their last place; what is
 * counted (dates, times) is shown as its count.
 */
export function decode(dataType: DataType, parts: ArrowColumn[]): unknown[] {
  const part = parts.shift();
  if (part === undefined) throw new Error(`${dataType.type} has more parts than were passed`);
  const valueAt = reader(dataType, part, parts);
  return Array.from({ length: part.length }, (_, index) =>
    isNull(part, index) ? null : valueAt(index),
  );
}

function isNull({ validity }: ArrowColumn, index: number): boolean {
  return validity !== undefined && (validity[index >> 3]! & (1 << (index & 7))) === 0;
}

type ValueAt = (index: number) => unknown;

function reader(dataType: DataType, part: ArrowColumn, parts: ArrowColumn[]): ValueAt {
  const [first = new Uint8Array(), second = new Uint8Array()] = part.buffers;
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  switch (dataType.type) {
    case "bool":
      return (index) => (first[index >> 3]! & (1 << (index & 7))) !== 0;
    case "utf8":
    case "large-utf8":
    case "json":
    case "binary":
    case "large-binary": {
      const bytesAt = slices(view, dataType.type.startsWith("large"), (start, end) =>
        second.slice(start, end),
      );
      if (dataType.type.endsWith("binary")) return bytesAt;
      const text = (index: number) => new TextDecoder().decode(bytesAt(index));
      return dataType.type === "json" ? (index) => JSON.parse(text(index)) : text;
    }
    case "fixed-size-binary":
      return (index) => first.slice(index * dataType.size, (index + 1) * dataType.size);
    case "decimal128":
    case "decimal256": {
      const words = dataType.type === "decimal128" ? 2 : 4;
      return (index) => {
        let value = view.getBigInt64((index + 1) * words * 8 - 8, true);
        for (let word = words - 2; word >= 0; word--) {
          value = (value << 64n) | view.getBigUint64((index * words + word) * 8, true);
        }
        return value;
      };
    }
    case "vector": {
      const item = numberAt(dataType.item, view);
      const { size } = dataType;
      return (index) => Array.from({ length: size }, (_, at) => item(index * size + at));
    }
    case "list":
    case "large-list": {
      const items = item(dataType.item, parts);
      return slices(view, dataType.type === "large-list", (start, end) => items.slice(start, end));
    }
    case "fixed-size-list": {
      const items = item(dataType.item, parts);
      return (index) => items.slice(index * dataType.size, (index + 1) * dataType.size);
    }
    case "struct": {
      const fields = dataType.fields.map((field) => [field.name, item(field, parts)] as const);
      return (index) => Object.fromEntries(fields.map(([name, values]) => [name, values[index]]));
    }
    case "map": {
      parts.shift();
      const keys = decode(dataType.key, parts);
      const values = item(dataType.value, parts);
      return slices(
        view,
        false,
        (start, end) =>
          new Map(keys.slice(start, end).map((key, index) => [key, values[start + index]])),
      );
    }
    case "dictionary": {
      const key = numberAt(dataType.key, view);
      const values = decode(dataType.value, parts);
      return (index) => values[Number(key(index))];
    }
    case "date32":
    case "time32":
      return numberAt("int32", view);
    case "date64":
    case "time64":
    case "timestamp":
    case "duration":
      return numberAt("int64", view);
    default:
      return numberAt(dataType.type, view);
  }
}

function item({ dataType }: Item, parts: ArrowColumn[]): unknown[] {
  return decode(dataType, parts);
}

function slices<T>(offsets: DataView, large: boolean, slice: (start: number, end: number) => T) {
  const at = (index: number) =>
    large ? Number(offsets.getBigInt64(index * 8, true)) : offsets.getInt32(index * 4, true);
  return (index: number) => slice(at(index), at(index + 1));
}

function numberAt(type: string, view: DataView): (index: number) => number | bigint {
  switch (type) {
    case "int8":
      return (index) => view.getInt8(index);
    case "int16":
      return (index) => view.getInt16(index * 2, true);
    case "int32":
      return (index) => view.getInt32(index * 4, true);
    case "int64":
      return (index) => view.getBigInt64(index * 8, true);
    case "uint8":
      return (index) => view.getUint8(index);
    case "uint16":
      return (index) => view.getUint16(index * 2, true);
    case "uint32":
      return (index) => view.getUint32(index * 4, true);
    case "uint64":
      return (index) => view.getBigUint64(index * 8, true);
    case "float16":
      return (index) => float16(view.getUint16(index * 2, true));
    case "float32":
      return (index) => view.getFloat32(index * 4, true);
    case "float64":
      return (index) => view.getFloat64(index * 8, true);
    default:
      throw new Error(`${type} is no number`);
  }
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
