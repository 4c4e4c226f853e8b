/** Which granted folder a path lies in. */

/** The position of the deepest of `folders` that has `path`, and the path below it. */
export function fromPosix(
  path: string,
  folders: readonly string[],
): { index: number; rest: string } | undefined {
  const wanted = parts(path);
  let best: { index: number; rest: string } | undefined;
  let depth = -1;
  folders.forEach((folder, index) => {
    const names = parts(folder);
    if (names.length <= depth || !names.every((name, at) => name === wanted[at])) return;
    depth = names.length;
    best = { index, rest: wanted.slice(depth).join("/") || "." };
  });
  return best;
}

/** The names in a path. A relative one begins at the top: a component has no current folder. */
function parts(path: string): string[] {
  const found: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") found.pop();
    else if (part !== "" && part !== ".") found.push(part);
  }
  return found;
}
