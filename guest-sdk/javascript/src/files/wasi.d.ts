/** What of WASI the engine offers to JavaScript for files. */

declare module "wasi:filesystem/preopens@0.2.12" {
  import type { Descriptor } from "wasi:filesystem/types@0.2.12";

  export function getDirectories(): [Descriptor, string][];
}

declare module "wasi:filesystem/types@0.2.12" {
  export interface Stat {
    type: string;
    size: bigint;
    dataModificationTimestamp?: { seconds: bigint; nanoseconds: number };
  }

  export class DirectoryEntryStream {
    readDirectoryEntry(): { type: string; name: string } | undefined;
  }

  export class Descriptor {
    openAt(
      pathFlags: { symlinkFollow?: boolean },
      path: string,
      openFlags: { directory?: boolean },
      flags: { read?: boolean },
    ): Descriptor;
    read(length: bigint, offset: bigint): [Uint8Array, boolean];
    readDirectory(): DirectoryEntryStream;
    stat(): Stat;
    statAt(pathFlags: { symlinkFollow?: boolean }, path: string): Stat;
  }
}
