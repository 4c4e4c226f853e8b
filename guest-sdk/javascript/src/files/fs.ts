/**
 * `node:fs` within a component, for reading what `--dir` grants.
 *
 * It has the part of it that a pipeline needs, so that the same source runs in a component and, in
 * tests, under Node.js.
 */

import { getDirectories } from "wasi:filesystem/preopens@0.2.12";
import type { Descriptor, Stat } from "wasi:filesystem/types@0.2.12";

import { fromPosix } from "./paths.js";

const FOLLOW = { symlinkFollow: true };

/** What is at most read at once. */
const CHUNK = 1n << 20n;

type Encoding = "utf8" | "utf-8";

/** The whole of a file: bytes, or text if the encoding is named. */
export function readFileSync(path: string, options?: null): Uint8Array;
export function readFileSync(path: string, options: Encoding | { encoding: Encoding }): string;
export function readFileSync(
  path: string,
  options?: Encoding | { encoding?: Encoding | null } | null,
): Uint8Array | string {
  const bytes = reached("open", path, (folder, rest) => {
    const file = folder.openAt(FOLLOW, rest, {}, { read: true });
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let ended = false; !ended; ) {
      const [part, end] = file.read(CHUNK, BigInt(length));
      parts.push(part);
      length += part.length;
      ended = end || part.length === 0;
    }
    return joined(parts, length);
  });
  const encoding = typeof options === "string" ? options : options?.encoding;
  if (encoding === undefined || encoding === null) return bytes;
  if (encoding === "utf8" || encoding === "utf-8") return new TextDecoder().decode(bytes);
  throw new TypeError(`the encoding ${encoding} is not known here, only utf8`);
}

/** An entry of a folder. */
export class Dirent {
  readonly #type: string;

  constructor(
    readonly name: string,
    readonly parentPath: string,
    type: string,
  ) {
    this.#type = type;
  }

  isFile(): boolean {
    return this.#type === "regular-file";
  }

  isDirectory(): boolean {
    return this.#type === "directory";
  }

  isSymbolicLink(): boolean {
    return this.#type === "symbolic-link";
  }
}

/** The names in a folder, sorted, so that two runs see the same. */
export function readdirSync(path: string): string[];
export function readdirSync(path: string, options: { withFileTypes: true }): Dirent[];
export function readdirSync(
  path: string,
  options?: { withFileTypes?: boolean; recursive?: boolean } | null,
): string[] | Dirent[] {
  if (options?.recursive) throw new TypeError("readdir does not know the option recursive here");
  const entries = reached("scandir", path, (folder, rest) => {
    const stream = folder.openAt(FOLLOW, rest, { directory: true }, { read: true }).readDirectory();
    const found: Dirent[] = [];
    for (let entry = stream.readDirectoryEntry(); entry; entry = stream.readDirectoryEntry()) {
      found.push(new Dirent(entry.name, path, entry.type));
    }
    return found;
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return options?.withFileTypes ? entries : entries.map((entry) => entry.name);
}

/** What is known of a file or folder. */
export class Stats {
  readonly size: number;
  readonly mtimeMs: number;
  readonly mtime: Date;
  readonly #type: string;

  constructor({ type, size, dataModificationTimestamp }: Stat) {
    const { seconds, nanoseconds } = dataModificationTimestamp ?? { seconds: 0n, nanoseconds: 0 };
    this.size = Number(size);
    this.mtimeMs = Number(seconds) * 1000 + nanoseconds / 1e6;
    this.mtime = new Date(this.mtimeMs);
    this.#type = type;
  }

  isFile(): boolean {
    return this.#type === "regular-file";
  }

  isDirectory(): boolean {
    return this.#type === "directory";
  }
}

/** Looks at a file or folder. */
export function statSync(path: string): Stats {
  return reached("stat", path, (folder, rest) => new Stats(folder.statAt(FOLLOW, rest)));
}

/** Whether there is a file or folder that may be read. */
export function existsSync(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Does something with a path below the granted folder that it lies in. */
function reached<T>(call: string, path: string, act: (folder: Descriptor, rest: string) => T): T {
  const granted = getDirectories();
  const found = fromPosix(
    path,
    granted.map(([, name]) => name),
  );
  if (found === undefined) {
    const names = granted.map(([, name]) => name).join(", ") || "none";
    throw failure(
      "ENOENT",
      `no granted folder has it: give one with --dir HOST::GUEST, granted are ${names}`,
      call,
      path,
    );
  }
  try {
    return act(granted[found.index]![0], found.rest);
  } catch (thrown) {
    const code = (thrown as { payload?: unknown }).payload;
    if (typeof code !== "string") throw thrown;
    const [name, words] = CODES[code] ?? ["EIO", code];
    throw failure(name, words, call, path);
  }
}

/** The codes of WASI in the names and words of Node.js. */
const CODES: Readonly<Record<string, [string, string]>> = {
  access: ["EACCES", "permission denied"],
  "not-permitted": ["EPERM", "operation not permitted"],
  "no-entry": ["ENOENT", "no such file or directory"],
  "not-directory": ["ENOTDIR", "not a directory"],
  "is-directory": ["EISDIR", "illegal operation on a directory"],
  loop: ["ELOOP", "too many symbolic links encountered"],
};

function failure(code: string, words: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${words}, ${call} '${path}'`), {
    code,
    path,
    syscall: call,
  });
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

export default { Dirent, Stats, existsSync, readFileSync, readdirSync, statSync };
