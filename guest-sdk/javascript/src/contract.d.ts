/**
 * The contract's interface as the engine offers it to JavaScript.
 *
 * It exists within a component only; elsewhere `testing/` stands in for it.
 */
declare module "lance-host:pipeline/target@0.1.0" {
  export type Setting = [string, string];

  export interface Field {
    name: string;
    dataType: string;
    nullable: boolean;
    metadata: Setting[];
  }

  export type Value =
    | { tag: "null" }
    | { tag: "boolean"; val: boolean }
    | { tag: "int64"; val: bigint }
    | { tag: "float64"; val: number }
    | { tag: "text"; val: string }
    | { tag: "bytes"; val: Uint8Array }
    | { tag: "vector"; val: Float32Array };

  export interface ArrowColumn {
    length: number;
    validity: Uint8Array | undefined;
    buffers: Uint8Array[];
  }

  export interface TargetError {
    code: string;
    message: string;
    table?: string;
    column?: string;
    row?: bigint;
    details: Setting[];
  }

  export class Table {
    declareRow(row: Value[]): void;
    declareRows(columns: ArrowColumn[]): void;
    declareIndex(column: string, kind: string, settings: Setting[]): void;
  }

  export function declareTable(
    database: string,
    name: string,
    fields: Field[],
    primaryKey: string[],
    settings: Setting[],
  ): Table;
}
