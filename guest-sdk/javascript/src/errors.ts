/**
 * What can go wrong while declaring, in the words of the contract.
 *
 * One class serves for what the host refuses and for what the SDK finds before it asks the host,
 * so that a pipeline handles both alike.
 */

/** Where a declaration was refused, as far as it is known. */
export interface Place {
  /** The table as `DATABASE/TABLE`. */
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  /** The row's position among all rows declared for the table, from 0. */
  readonly row?: number | undefined;
}

/** A declaration that was refused, and where. */
export class DeclareError extends Error {
  /**
   * What kind of failure it is, such as `invalid-schema`, `duplicate-key` or `dimension-mismatch`.
   * The contract lists them all; treat one that you do not know as `internal`.
   */
  readonly code: string;
  /** What happened, without the place. */
  readonly reason: string;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly row: number | undefined;
  /** More facts as names and values. */
  readonly details: ReadonlyArray<readonly [string, string]>;

  constructor(
    code: string,
    reason: string,
    place: Place = {},
    details: ReadonlyArray<readonly [string, string]> = [],
  ) {
    super(reason + shown(reason, place, details));
    this.name = "DeclareError";
    this.code = code;
    this.reason = reason;
    this.table = place.table;
    this.column = place.column;
    this.row = place.row;
    this.details = details;
  }
}

/** The place behind a message, from the outside in. */
function shown(
  reason: string,
  { table, column, row }: Place,
  details: ReadonlyArray<readonly [string, string]>,
): string {
  const parts = [];
  if (table !== undefined) parts.push(`table ${table}`);
  if (column !== undefined) parts.push(`column ${column}`);
  if (row !== undefined) parts.push(`row ${row}`);
  for (const [name, value] of details) {
    // Most messages tell the details in words already.
    if (!reason.includes(value)) parts.push(`${name}: ${value}`);
  }
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

/**
 * Why a value does not fit its column. It never leaves the SDK: the row adds the place and makes
 * a {@link DeclareError} of it.
 */
export class Misfit extends Error {
  readonly code: string;
  /** The column, if it is not the one that the value was for. */
  readonly column: string | undefined;

  constructor(code: string, message: string, column?: string) {
    super(message);
    this.code = code;
    this.column = column;
  }

  /** The same, seen from the value that has the misfit as a part. */
  within(part: string): Misfit {
    return new Misfit(this.code, `${part}: ${this.message}`);
  }
}

/**
 * The typed error of the contract, if it is one. The engine throws it as the payload of an error of
 * its own, which is no `Error` in the eyes of this module.
 */
export function fromHost(thrown: unknown): unknown {
  if (typeof thrown !== "object" || thrown === null) return thrown;
  const refused: unknown = (thrown as { payload?: unknown }).payload;
  if (typeof refused !== "object" || refused === null || !("code" in refused)) return thrown;
  const { code, message, table, column, row, details } = refused as {
    code: string;
    message: string;
    table?: string;
    column?: string;
    row?: bigint;
    details?: [string, string][];
  };
  const place = { table, column, row: row === undefined ? undefined : Number(row) };
  return new DeclareError(code, message, place, details);
}

/** A value as a message shows it: what it is, and the beginning of it. */
export function show(value: unknown): string {
  const LENGTH = 40;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > LENGTH ? `${value.slice(0, LENGTH)}…` : value);
    case "bigint":
      return `${value}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `an array of ${value.length}`;
      return `an object of ${value.constructor?.name ?? "no class"}`;
    default:
      return `a ${typeof value}`;
  }
}
