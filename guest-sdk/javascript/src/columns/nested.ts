/** Columns whose values have parts: lists, structs, maps, and values that are stored once. */

import type { ArrowColumn } from "lance-host:pipeline/target@0.1.0";

import { Misfit } from "../errors.js";
import { Builder, type Meter, Offsets } from "./builder.js";
import { misfit } from "./misfit.js";

/** Appends a part, which may be null. `name` is called only for an error. */
function put(builder: Builder, value: unknown, name: () => string): void {
  try {
    if (value !== null && value !== undefined) builder.append(value);
    else if (builder.nullable) builder.appendNull();
    else throw new Misfit("null-in-required-column", "a value is required here, and there is none");
  } catch (error) {
    throw error instanceof Misfit ? error.within(name()) : error;
  }
}

/** Lists of any number of items. */
export class ListBuilder extends Builder {
  override readonly width: number;
  readonly #items: Builder;
  readonly #meter: Meter;
  readonly #offsets: Offsets;

  constructor(nullable: boolean, large: boolean, items: Builder, meter: Meter) {
    super(nullable);
    this.#items = items;
    this.#meter = meter;
    this.#offsets = new Offsets(large);
    this.width = this.#offsets.width;
  }

  override append(value: unknown): void {
    const list = itemsOf(value, "a list");
    for (let index = 0; index < list.length; index++) {
      put(this.#items, list[index], () => `item ${index}`);
    }
    this.#meter.bytes += list.length * this.#items.width;
    this.#offsets.set(this.length++, this.#items.length);
  }

  override appendEmpty(): void {
    this.#offsets.set(this.length++, this.#items.length);
  }

  override truncate(length: number): void {
    super.truncate(length);
    this.#items.truncate(this.#offsets.before(length));
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([this.#offsets.bytes(this.length)]));
    this.#items.finish(out);
  }
}

/** Lists of one number of items. */
export class FixedListBuilder extends Builder {
  override readonly width: number;
  readonly #items: Builder;
  readonly #size: number;

  constructor(nullable: boolean, items: Builder, size: number) {
    super(nullable);
    this.#items = items;
    this.#size = size;
    this.width = items.width * size;
  }

  override append(value: unknown): void {
    const list = itemsOf(value, "a list");
    if (list.length !== this.#size) {
      throw new Misfit(
        "dimension-mismatch",
        `the list has ${list.length} items instead of ${this.#size}`,
      );
    }
    for (let index = 0; index < list.length; index++) {
      put(this.#items, list[index], () => `item ${index}`);
    }
    this.length += 1;
  }

  override appendEmpty(): void {
    for (let index = 0; index < this.#size; index++) this.#items.appendFiller();
    this.length += 1;
  }

  override truncate(length: number): void {
    super.truncate(length);
    this.#items.truncate(length * this.#size);
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([]));
    this.#items.finish(out);
  }
}

/** Values with named fields. */
export class StructBuilder extends Builder {
  override readonly width: number;
  readonly #fields: ReadonlyArray<readonly [string, Builder]>;

  constructor(nullable: boolean, fields: ReadonlyArray<readonly [string, Builder]>) {
    super(nullable);
    this.#fields = fields;
    this.width = fields.reduce((sum, [, field]) => sum + field.width, 0);
  }

  override append(value: unknown): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw misfit(value, "a struct", "an object");
    }
    for (const [name, field] of this.#fields) {
      put(field, (value as Record<string, unknown>)[name], () => `field ${name}`);
    }
    for (const name in value) {
      if (!this.#fields.some(([field]) => field === name)) {
        throw new Misfit("unknown-column", `there is no field ${name}`);
      }
    }
    this.length += 1;
  }

  override appendEmpty(): void {
    for (const [, field] of this.#fields) field.appendFiller();
    this.length += 1;
  }

  override truncate(length: number): void {
    super.truncate(length);
    for (const [, field] of this.#fields) field.truncate(length);
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([]));
    for (const [, field] of this.#fields) field.finish(out);
  }
}

/** Values by key, from a `Map` or, if the keys are text, from an object. */
export class MapBuilder extends Builder {
  override readonly width = 4;
  readonly #keys: Builder;
  readonly #values: Builder;
  readonly #meter: Meter;
  readonly #offsets = new Offsets(false);

  constructor(nullable: boolean, keys: Builder, values: Builder, meter: Meter) {
    super(nullable);
    this.#keys = keys;
    this.#values = values;
    this.#meter = meter;
  }

  override append(value: unknown): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw misfit(value, "a map", "a Map or an object");
    }
    const entries = value instanceof Map ? value : Object.entries(value);
    for (const [key, item] of entries) {
      put(this.#keys, key, () => "a key");
      put(this.#values, item, () => `the value of ${String(key)}`);
      this.#meter.bytes += this.#keys.width + this.#values.width;
    }
    this.#offsets.set(this.length++, this.#keys.length);
  }

  override appendEmpty(): void {
    this.#offsets.set(this.length++, this.#keys.length);
  }

  override truncate(length: number): void {
    super.truncate(length);
    this.#keys.truncate(this.#offsets.before(length));
    this.#values.truncate(this.#offsets.before(length));
  }

  override finish(out: ArrowColumn[]): void {
    out.push(this.column([this.#offsets.bytes(this.length)]));
    out.push({ length: this.#keys.length, validity: undefined, buffers: [] });
    this.#keys.finish(out);
    this.#values.finish(out);
  }
}

/** Values that are stored once in a batch and named by an integer. */
export class DictionaryBuilder extends Builder {
  override readonly width: number;
  readonly #keys: Builder;
  readonly #values: Builder;
  readonly #positions = new Map<unknown, number>();

  constructor(nullable: boolean, keys: Builder, values: Builder) {
    super(nullable);
    this.#keys = keys;
    this.#values = values;
    this.width = keys.width;
  }

  override append(value: unknown): void {
    const identity = identityOf(value);
    let position = this.#positions.get(identity);
    if (position === undefined) {
      position = this.#values.length;
      this.#values.append(value);
      this.#keys.append(position);
      this.#positions.set(identity, position);
    } else {
      this.#keys.append(position);
    }
    this.length += 1;
  }

  /** Even what stands for nothing must name a value. */
  override appendEmpty(): void {
    if (this.#values.length === 0) this.#values.appendEmpty();
    this.#keys.append(0);
    this.length += 1;
  }

  override truncate(length: number): void {
    super.truncate(length);
    this.#keys.truncate(length);
    if (length === 0) {
      this.#values.truncate(0);
      this.#positions.clear();
    }
  }

  override finish(out: ArrowColumn[]): void {
    const keys: ArrowColumn[] = [];
    this.#keys.finish(keys);
    out.push(this.column(keys[0]!.buffers));
    this.#values.finish(out);
  }
}

/** What two equal values have in common, even if they are objects. */
function identityOf(value: unknown): unknown {
  return value instanceof Uint8Array ? `bytes ${value.join()}` : value;
}

function itemsOf(value: unknown, type: string): ArrayLike<unknown> {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return value as unknown as ArrayLike<unknown>;
  }
  throw misfit(value, type, "an array");
}
