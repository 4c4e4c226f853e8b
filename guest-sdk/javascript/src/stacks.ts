/** Where in the author's files an error happened. */

/** What `bin/bundle.config.js` adds to a component. */
interface Places {
  /** The files, with nothing for those of the SDK. */
  readonly places: ReadonlyArray<string | null>;
  /** The mappings of a source map, in their encoding. */
  readonly mappings: string;
}

/** The stack of an error, below its name and message. */
export function stackOf(error: Error): string {
  const { name, message, stack = "" } = error;
  const head = message ? `${name}: ${message}` : name;
  // Some engines begin with the message; that of components has the frames alone.
  const rest = stack.startsWith(head) ? stack.slice(head.length) : stack;
  const lines = rest.split("\n").filter((line) => line.trim() !== "");
  const places = (globalThis as Record<symbol, unknown>)[Symbol.for("lance-host.places")];
  const frames =
    places === undefined
      ? lines.map((line) => line.trim().replace(/^at /, ""))
      : authors(lines, places as Places);
  return [head, ...frames.map((frame) => `    at ${frame}`)].join("\n");
}

/** The frames of the author's code: neither those of the engine nor those of the SDK. */
function authors(lines: string[], { places, mappings }: Places): string[] {
  const table = decoded(mappings);
  const frames = [];
  for (const line of lines) {
    const [, call = "", file = "", row, column] = /^(.*?)@(.*):(\d+):(\d+)$/.exec(line) ?? [];
    if (row === undefined || file.endsWith("/initializer.js")) continue;
    const place = table[Number(row) - 1]?.findLast(([at]) => at < Number(column));
    const source = place && places[place[1]];
    if (!place || !source) continue;
    // `async*f/g<` is a function that f made and called g, behind an await.
    const name = call.replace(/^.*[*/]/, "").replace(/<$/, "");
    const at = `${source}:${place[2] + 1}:${place[3] + 1}`;
    frames.push(name ? `${name} (${at})` : at);
  }
  return frames;
}

/** A column of the component's module, and the file, line and column that it comes from. */
type Mapping = [at: number, place: number, line: number, column: number];

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The mappings of each line. All numbers are differences, written in base 64. */
function decoded(mappings: string): Mapping[][] {
  let [place, line, column] = [0, 0, 0];
  return mappings.split(";").map((text) => {
    let at = 0;
    const found: Mapping[] = [];
    for (const segment of text === "" ? [] : text.split(",")) {
      const [skip = 0, file, down = 0, right = 0] = numbers(segment);
      at += skip;
      if (file === undefined) continue;
      place += file;
      line += down;
      column += right;
      found.push([at, place, line, column]);
    }
    return found;
  });
}

function numbers(segment: string): number[] {
  const found = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    found.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return found;
}
