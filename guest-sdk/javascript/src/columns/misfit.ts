/** The words for a value of the wrong type. */

import { Misfit, show } from "../errors.js";

/** `value` cannot be stored as `type`, which takes `wanted`. */
export function misfit(value: unknown, type: string, wanted: string): Misfit {
  return new Misfit("type-mismatch", `${show(value)} cannot be stored as ${type}: give ${wanted}`);
}
