/** The makers' files: a folder for each product, with a file for each version of its definition. */

import { readFileSync, readdirSync } from "node:fs";

/** What this pipeline reads of a file. Measures are in millimetres, volumes in microlitres. */
export interface Definition {
  readonly version: number;
  readonly brand: {
    readonly brand: string;
    readonly brandId?: readonly string[];
    readonly links?: readonly string[];
  };
  readonly metadata: { readonly displayName: string; readonly displayCategory: string };
  readonly dimensions: {
    readonly xDimension: number;
    readonly yDimension: number;
    readonly zDimension: number;
  };
  readonly wells: Readonly<Record<string, Well>>;
  readonly parameters: { readonly loadName: string };
}

export interface Well {
  readonly depth: number;
  readonly totalLiquidVolume: number;
  readonly shape: string;
}

/** The newest definition of each product, in the order of the folders' names. */
export function* newest(root: string): Iterable<Definition> {
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const versions = readdirSync(`${root}/${folder.name}`)
      .map((name) => /^(\d+)\.json$/.exec(name)?.[1])
      .filter((version) => version !== undefined)
      .map(Number);
    if (versions.length > 0) {
      yield read(`${root}/${folder.name}/${Math.max(...versions)}.json`);
    }
  }
}

/**
 * A file that is no definition ends the run: leaving it out would tell the host that its product is
 * gone.
 */
function read(path: string): Definition {
  const definition = parsed(path) as Partial<Definition> | null;
  for (const part of [
    "version",
    "brand",
    "metadata",
    "dimensions",
    "wells",
    "parameters",
  ] as const) {
    if (definition?.[part] === undefined) throw new Error(`${path} has no ${part}`);
  }
  return definition as Definition;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}
