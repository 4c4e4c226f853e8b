/**
 * Tables as an author defines them, and their rows on the way to the host.
 *
 * A table that a module defines as it is loaded is declared at the start of each run: a component
 * is loaded when it is built, when there is no host to talk to. One that is defined in the course
 * of a run is declared at once, and belongs to that run.
 */

import { type Table as Handle, type Setting, declareTable } from "lance-host:pipeline/target@0.1.0";

import { Batch } from "./batch.js";
import { format } from "./data-type.js";
import { DeclareError, fromHost } from "./errors.js";
import { type FtsIndex, type Index, type ScalarIndex, type VectorIndex, index } from "./indexes.js";
import type { Columns, RowOf } from "./schema.js";

/** What may be said of a table, beside its columns. */
export interface TableOptions {
  /** A database that the host knows by this name; `default` if left out. */
  database?: string;
  /**
   * Who creates the table, changes its columns and drops it: the host (`system`, the default), or
   * somebody else (`user`). In the second case the table has to exist with matching columns, and
   * the host touches only the rows of this pipeline.
   */
  managedBy?: "system" | "user";
  /**
   * What happens if the stored columns are others: they become as declared (`evolve`, the
   * default), columns are only added (`append-only`), or the run fails (`fail`).
   */
  onSchemaChange?: "evolve" | "append-only" | "fail";
  /** Settings by their names, for those of a host that is newer than this SDK. */
  settings?: Readonly<Record<string, string>>;
}

/** The columns of a table, of which one at least has to be a key. */
type WithKey<C extends Columns> = true extends C[keyof C]["isKey"]
  ? C
  : C & { "a table needs a column that is a key": never };

/**
 * Defines a table that should exist.
 *
 * ```ts
 * const documents = defineTable("documents", {
 *   id: text().key(),
 *   title: text().optional(),
 *   embedding: vector(384),
 * });
 * ```
 */
export function defineTable<const C extends Columns>(
  name: string,
  columns: WithKey<C>,
  options: TableOptions = {},
): Table<C> {
  const table = new Table<C>(name, columns, options);
  tables.add(table);
  return table;
}

/** The type of the rows of a table: `type Document = RowFor<typeof documents>`. */
export type RowFor<T> = T extends Table<infer C> ? RowOf<C> : never;

/** A table that should exist, and takes the rows that should be in it. */
export class Table<C extends Columns> {
  readonly name: string;
  readonly database: string;
  readonly columns: C;
  readonly #settings: Setting[];
  /** Indexes that belong to the definition rather than to a run. */
  readonly #indexes: Index[] = [];
  #current: Declared | undefined;

  /** @internal Use {@link defineTable}. */
  constructor(name: string, columns: C, options: TableOptions) {
    this.name = name;
    this.database = options.database ?? "default";
    this.columns = columns;
    this.#settings = Object.entries(options.settings ?? {});
    if (options.managedBy) this.#settings.push(["managed-by", options.managedBy]);
    if (options.onSchemaChange) this.#settings.push(["on-schema-change", options.onSchemaChange]);
  }

  /**
   * Declares a row.
   *
   * Throws a {@link DeclareError} that names the column and the row if a value does not fit. That
   * row is then not declared, and the table takes further rows. What only the host can see may show
   * a batch later: then every further call throws the same error, and the run fails.
   */
  declareRow(row: RowOf<C>): void {
    (this.#current ?? this.#outsideOfRun()).append(row);
  }

  /** Declares many rows. */
  declareRows(rows: Iterable<RowOf<C>>): void {
    const current = this.#current ?? this.#outsideOfRun();
    for (const row of rows) current.append(row);
  }

  /** Declares an index on vectors. It is built after the rows have landed. */
  declareVectorIndex(column: keyof C & string, options: VectorIndex): void {
    this.#declareIndex(index(column, options.kind, options));
  }

  /** Declares a full-text index. */
  declareFtsIndex(column: keyof C & string, options: FtsIndex = {}): void {
    this.#declareIndex(index(column, "fts", options));
  }

  /** Declares an index on values: `btree`, or `bitmap` for few different ones. */
  declareScalarIndex(column: keyof C & string, options: ScalarIndex): void {
    this.#declareIndex(index(column, options.kind, options));
  }

  /**
   * Sends the rows that have been collected. There is rarely a need: it happens by itself whenever
   * there is enough to send, and at the end.
   */
  flush(): void {
    (this.#current ?? this.#outsideOfRun()).flush();
  }

  /** @internal */
  begin(): void {
    const names = Object.keys(this.columns);
    const fields = names.map((name) => {
      const { dataType, nullable, metadata } = this.columns[name]!;
      const pairs = metadata.map(([key, value]): Setting => [key, value]);
      return { name, dataType: format(dataType), nullable, metadata: pairs };
    });
    const key = names.filter((name) => this.columns[name]!.isKey);
    const handle = asked(() => declareTable(this.database, this.name, fields, key, this.#settings));
    // The host names tables in this way too.
    this.#current = new Declared(handle, `${this.database}/${this.name}`, this.columns);
    for (const index of this.#indexes) this.#current.declareIndex(index);
  }

  /** @internal */
  end(): void {
    this.#current = undefined;
  }

  #declareIndex(index: Index): void {
    if (this.#current) this.#current.declareIndex(index);
    else if (tables.running) this.#outsideOfRun();
    else this.#indexes.push(index);
  }

  #outsideOfRun(): never {
    throw new Error(
      `table ${this.database}/${this.name} takes rows only while the pipeline runs: declare them ` +
        "in the function given to pipeline()",
    );
  }
}

/** A table that was declared in this run. */
class Declared {
  readonly #handle: Handle;
  readonly #name: string;
  readonly #batch: Batch;
  /** Rows that the host has taken. */
  #sent = 0;
  /**
   * Why the host refused a batch. The rows of that batch are lost, and a run that went on without
   * them would delete them from the table.
   */
  #refused: unknown;

  constructor(handle: Handle, name: string, columns: Columns) {
    this.#handle = handle;
    this.#name = name;
    this.#batch = new Batch(columns);
  }

  append(row: object): void {
    if (this.#refused !== undefined) throw this.#refused;
    const batch = this.#batch;
    if (typeof row !== "object" || row === null) {
      const place = { table: this.#name, row: this.#sent + batch.rows };
      throw new DeclareError("type-mismatch", "a row has to be an object", place);
    }
    batch.append(row as Record<string, unknown>, this.#name, this.#sent + batch.rows);
    if (batch.isFull) this.flush();
  }

  flush(): void {
    if (this.#refused !== undefined) throw this.#refused;
    const batch = this.#batch;
    if (batch.rows === 0) return;
    try {
      asked(() => this.#handle.declareRows(batch.columns()));
    } catch (error) {
      this.#refused = error;
      throw error;
    }
    this.#sent += batch.rows;
    batch.clear();
  }

  declareIndex({ column, kind, settings }: Index): void {
    asked(() => this.#handle.declareIndex(column, kind, settings));
  }
}

/** Asks the host, and makes errors of the SDK of those of the contract. */
function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw fromHost(error);
  }
}

/** All tables, in the order in which they were defined. */
class Tables {
  running = false;
  /** Those of the modules, which every run declares. */
  readonly #lasting: Table<Columns>[] = [];
  #all: Table<Columns>[] = [];

  add<C extends Columns>(table: Table<C>): void {
    const any = table as unknown as Table<Columns>;
    if (!this.running) {
      this.#lasting.push(any);
      return;
    }
    any.begin();
    this.#all.push(any);
  }

  begin(): void {
    this.running = true;
    for (const table of this.#lasting) this.add(table);
  }

  flush(): void {
    for (const table of this.#all) table.flush();
  }

  end(): void {
    for (const table of this.#all) table.end();
    this.#all = [];
    this.running = false;
  }
}

/** The tables of the component. */
export const tables = new Tables();
