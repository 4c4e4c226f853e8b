/** The builder for each type. */

import type { DataType } from "../data-type.js";
import { Builder, type Meter } from "./builder.js";
import { DecimalBuilder } from "./decimals.js";
import {
  DictionaryBuilder,
  FixedListBuilder,
  ListBuilder,
  MapBuilder,
  StructBuilder,
} from "./nested.js";
import {
  BoolBuilder,
  ConvertedBuilder,
  FloatBuilder,
  HalfBuilder,
  IntegerBuilder,
  LongBuilder,
} from "./numbers.js";
import { BytesBuilder, FixedBytesBuilder, JsonBuilder, TextBuilder } from "./texts.js";
import { toDayMilliseconds, toDays, toDuration, toTimeOfDay, toTimestamp } from "./times.js";
import { VectorBuilder } from "./vectors.js";

export { Builder, type Meter } from "./builder.js";

export function builder(dataType: DataType, nullable: boolean, meter: Meter): Builder {
  switch (dataType.type) {
    case "bool":
      return new BoolBuilder(nullable);
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      return new IntegerBuilder(nullable, dataType.type);
    case "int64":
    case "uint64":
      return new LongBuilder(nullable, dataType.type);
    case "float16":
      return new HalfBuilder(nullable);
    case "float32":
    case "float64":
      return new FloatBuilder(nullable, dataType.type);
    case "utf8":
    case "large-utf8":
      return new TextBuilder(nullable, dataType.type === "large-utf8", meter);
    case "binary":
    case "large-binary":
      return new BytesBuilder(nullable, dataType.type === "large-binary", meter);
    case "fixed-size-binary":
      return new FixedBytesBuilder(nullable, dataType.size);
    case "json":
      return new JsonBuilder(nullable, meter);
    case "date32":
      return new ConvertedBuilder(nullable, toDays);
    case "date64":
      return new LongBuilder(nullable, "int64", toDayMilliseconds);
    case "time32":
      return new ConvertedBuilder(nullable, toTimeOfDay(dataType.unit));
    case "time64":
      return new LongBuilder(nullable, "int64", toTimeOfDay(dataType.unit));
    case "timestamp":
      return new LongBuilder(nullable, "int64", toTimestamp(dataType.unit));
    case "duration":
      return new LongBuilder(nullable, "int64", toDuration(dataType.unit));
    case "decimal128":
      return new DecimalBuilder(nullable, 128, dataType.precision, dataType.scale);
    case "decimal256":
      return new DecimalBuilder(nullable, 256, dataType.precision, dataType.scale);
    case "vector":
      return new VectorBuilder(nullable, dataType.item, dataType.size);
    case "list":
    case "large-list": {
      const items = builder(dataType.item.dataType, dataType.item.nullable, meter);
      return new ListBuilder(nullable, dataType.type === "large-list", items, meter);
    }
    case "fixed-size-list": {
      const items = builder(dataType.item.dataType, dataType.item.nullable, meter);
      return new FixedListBuilder(nullable, items, dataType.size);
    }
    case "struct": {
      const fields = dataType.fields.map(
        (field) => [field.name, builder(field.dataType, field.nullable, meter)] as const,
      );
      return new StructBuilder(nullable, fields);
    }
    case "map": {
      const keys = builder(dataType.key, false, meter);
      const values = builder(dataType.value.dataType, dataType.value.nullable, meter);
      return new MapBuilder(nullable, keys, values, meter);
    }
    case "dictionary": {
      const keys = builder({ type: dataType.key }, false, meter);
      return new DictionaryBuilder(nullable, keys, builder(dataType.value, false, meter));
    }
  }
}
