/**
 * Makes pipelines run under plain Node.js: `node --import @lance-host/sdk/testing/register --test`.
 *
 * Only the host's interface is replaced; the pipeline and the SDK are what a component has.
 */

import { register } from "node:module";

const resolver = `
export function resolve(specifier, context, next) {
  if (!specifier.startsWith("lance-host:pipeline/target@")) return next(specifier, context);
  return { url: ${JSON.stringify(new URL("host.js", import.meta.url).href)}, shortCircuit: true };
}`;

register(`data:text/javascript,${encodeURIComponent(resolver)}`);
