/** From the component's export to the author's function and back. */

import { Params } from "./params.js";
import { stackOf } from "./stacks.js";
import { tables } from "./table.js";

/** What a component exports as `run`. */
export type Run = (params: [string, string][]) => void | Promise<void>;

/**
 * Makes the function that a component exports as `run`.
 *
 * ```ts
 * export const run = pipeline(async (params) => {
 *   documents.declareRow({ id: "a", title: params.get("title") });
 * });
 * ```
 *
 * When the function has returned, the last rows are sent. If it throws, or its promise is rejected,
 * nothing is written; the user sees the message of the error and of its causes, and before it on
 * standard error where in the source it happened.
 */
export function pipeline(declare: (params: Params) => void | Promise<void>): Run {
  const finish = () => {
    tables.flush();
    tables.end();
  };
  return (given) => {
    try {
      tables.begin();
      const pending = declare(new Params(given));
      if (pending instanceof Promise) return pending.then(finish).catch(fail);
      finish();
    } catch (error) {
      fail(error);
    }
    return undefined;
  };
}

/** Ends the run. The engine would lose an `Error`; what the contract takes is a string. */
function fail(error: unknown): never {
  tables.end();
  if (error instanceof Error && error.stack) console.error(stackOf(error));
  throw messages(error);
}

/** The error and what caused it, from the outside in. */
function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, cause } = error;
  // That of plain errors and of the SDK's own says nothing that the message does not.
  const kind = name === "Error" || name === "DeclareError" ? "" : `${name}: `;
  const own = kind + (message || (kind ? "" : "an error without a message"));
  return cause === undefined ? own : `${own}: ${messages(cause)}`;
}
