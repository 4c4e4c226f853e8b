/** `node:fs/promises` within a component: the same, in promises that are fulfilled at once. */

import { readFileSync, readdirSync, statSync } from "./fs.js";

/** Promises what a function returns or throws. */
function promised<F extends (...args: never[]) => unknown>(call: F) {
  return async (...args: Parameters<F>) => call(...args);
}

export const readFile = promised(readFileSync as (path: string, options?: never) => unknown);
export const readdir = promised(readdirSync as (path: string, options?: never) => unknown);
export const stat = promised(statSync);

export default { readFile, readdir, stat };
