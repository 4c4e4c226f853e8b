/** How a pipeline and its packages become one module. */

import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SDK = fileURLToPath(new URL("../dist/", import.meta.url));

/**
 * Keeps where each line comes from, so that the stack of an error names the author's files:
 * `src/stacks.ts` reads it.
 */
const keepPlaces = {
  name: "lance-host-places",
  generateBundle(_options, bundle) {
    for (const [name, file] of Object.entries(bundle)) {
      // jco takes one module, and nothing beside it.
      if (name.endsWith(".map")) delete bundle[name];
      if (file.type !== "chunk" || !file.map) continue;
      const { sources, mappings } = file.map;
      const output = resolve(dirname(file.facadeModuleId), "dist");
      const places = sources.map((source) => placeOf(resolve(output, source)));
      const kept = JSON.stringify({ places, mappings });
      file.code += `\nglobalThis[Symbol.for("lance-host.places")] = ${kept};\n`;
    }
  },
};

/** Puts the SDK's way to granted files in the place of Node.js's own. */
const files = {
  name: "lance-host-files",
  resolveId(source) {
    const name = source.replace(/^node:/, "");
    if (name === "fs") return `${SDK}files/fs.js`;
    if (name === "fs/promises") return `${SDK}files/fs-promises.js`;
    return null;
  },
};

/** A file of the project, or nothing for one of the SDK. */
function placeOf(file) {
  return file.startsWith(SDK) ? null : relative(process.cwd(), file).split(sep).join("/");
}

export default {
  // What the host offers stays an import.
  external: [/^lance-host:/, /^wasi:/],
  plugins: [files, keepPlaces],
  output: { sourcemap: "hidden" },
};
