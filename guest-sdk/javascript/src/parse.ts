/**
 * Reads the text of a type: one function for each line of the contract's grammar.
 *
 * The host checks bounds and combinations again; what is refused here is only what has no meaning.
 */

import {
  DICTIONARY_KEYS,
  type DataType,
  type DictionaryKey,
  type Field,
  type Item,
  PLAIN,
  type PlainName,
  type TimeUnit,
  VECTOR_ITEMS,
  type VectorItem,
} from "./data-type.js";

/** Reads a whole text, such as `timestamp(us, UTC)`. Throws a `SyntaxError` that says where. */
export function parse(text: string): DataType {
  const reader = new Reader(text);
  const dataType = reader.dataType(0);
  reader.end();
  return dataType;
}

const MAX_DEPTH = 16;
const WORD = /[\w\-\u0080-\u{10ffff}]+/uy;
const ZONE = /[\w\-+/:\u0080-\u{10ffff}]+/uy;
const NUMBER = /-?\d+/y;
const SPACE = /\s*/y;

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#match(SPACE);
  }

  dataType(depth: number): DataType {
    const start = this.#at;
    const name = this.#token(WORD, "a type");
    if (PLAIN.has(name)) return { type: name as PlainName };
    if (depth === MAX_DEPTH) throw this.#error(`types are nested more than ${MAX_DEPTH} deep`);
    if (!this.#taken("(")) {
      throw this.#error(`there is no type \`${name}\` without brackets`, start);
    }
    const dataType = this.#inBrackets(name, depth + 1, start);
    this.#expect(")");
    return dataType;
  }

  end(): void {
    if (this.#taken("!")) {
      throw this.#error("whether a column is required is said beside its type, not in it");
    }
    if (this.#at < this.#text.length) throw this.#error("the type ends here");
  }

  #inBrackets(name: string, depth: number, start: number): DataType {
    switch (name) {
      case "fixed-size-binary":
        return { type: name, size: this.#number() };
      case "time32":
      case "time64":
      case "duration":
        return { type: name, unit: this.#unit() };
      case "timestamp": {
        const unit = this.#unit();
        return this.#taken(",")
          ? { type: name, unit, zone: this.#token(ZONE, "a time zone") }
          : { type: name, unit };
      }
      case "decimal128":
      case "decimal256": {
        const precision = this.#number();
        this.#expect(",");
        return { type: name, precision, scale: this.#number() };
      }
      case "vector": {
        const item = this.#oneOf(VECTOR_ITEMS, "the items of a vector") as VectorItem;
        this.#expect(",");
        return { type: name, item, size: this.#number() };
      }
      case "list":
      case "large-list":
        return { type: name, item: this.#item(depth) };
      case "fixed-size-list": {
        const item = this.#item(depth);
        this.#expect(",");
        return { type: name, item, size: this.#number() };
      }
      case "struct": {
        const fields: Field[] = [];
        do {
          const field = this.#name();
          this.#expect(":");
          fields.push({ name: field, ...this.#item(depth) });
        } while (this.#taken(","));
        return { type: name, fields };
      }
      case "map": {
        const key = this.dataType(depth);
        this.#expect(",");
        return { type: name, key, value: this.#item(depth) };
      }
      case "dictionary": {
        const key = this.#oneOf(DICTIONARY_KEYS, "the keys of a dictionary") as DictionaryKey;
        this.#expect(",");
        return { type: name, key, value: this.dataType(depth) };
      }
      default:
        throw this.#error(`there is no type \`${name}\``, start);
    }
  }

  #item(depth: number): Item {
    const dataType = this.dataType(depth);
    return { dataType, nullable: !this.#taken("!") };
  }

  #name(): string {
    if (this.#text[this.#at] !== '"') return this.#token(WORD, "the name of a field");
    return this.#token(/"(?:[^"]|"")*"/y, 'a name that ends with "')
      .slice(1, -1)
      .replaceAll('""', '"');
  }

  #unit(): TimeUnit {
    return this.#oneOf(new Set(["s", "ms", "us", "ns"]), "units of time") as TimeUnit;
  }

  #oneOf(known: ReadonlySet<string>, what: string): string {
    const start = this.#at;
    const word = this.#token(WORD, `one of ${what}`);
    if (!known.has(word)) throw this.#error(`${what} are ${[...known].join(", ")}`, start);
    return word;
  }

  #number(): number {
    return Number(this.#token(NUMBER, "a number"));
  }

  #expect(sign: string): void {
    if (!this.#taken(sign)) throw this.#error(`\`${sign}\` is missing`);
  }

  #taken(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    this.#match(SPACE);
    return true;
  }

  #token(pattern: RegExp, what: string): string {
    const found = this.#match(pattern);
    if (!found) throw this.#error(`${what} is missing`);
    this.#match(SPACE);
    return found;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #error(reason: string, at = this.#at): SyntaxError {
    return new SyntaxError(`${reason}, at character ${at + 1} of the type ${this.#text}`);
  }
}
