#!/usr/bin/env node
/**
 * Builds a pipeline to a component: `lance-host-componentize src/pipeline.ts --out pipeline.wasm`.
 *
 * It runs jco with the contract of this package, and records the SDK in the component.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const USAGE = "usage: lance-host-componentize ENTRY.ts [--out FILE.wasm]";
const HERE = dirname(fileURLToPath(import.meta.url));

/** What goes wrong with a version of the shim that does not suit jco, and what helps. */
const WRONG_SHIM = `the installed @bytecodealliance/preview2-shim cannot read the contract
Pin it in package.json:
    "overrides": { "@bytecodealliance/preview2-shim": "0.25.0" }
then remove node_modules and package-lock.json, and run npm install.`;

/** The world of a pipeline in JavaScript: that of the contract, and reading files. */
const WORLD = `package lance-host:javascript;

world pipeline {
  include lance-host:pipeline/pipeline@0.1.0;
  import wasi:filesystem/preopens@0.2.12;
  import wasi:filesystem/types@0.2.12;
}
`;

function main() {
  const { entry, out } = parsed();
  const folder = mkdtempSync(join(tmpdir(), "lance-host-"));
  try {
    build(entry, out, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Builds in a folder of its own: jco writes to that of the contract. */
function build(entry, out, folder) {
  const program = jcoProgram();
  const wasi = join(dirname(program), "../lib/wit/builtin/0.2.12");
  writeFileSync(join(folder, "world.wit"), WORLD);
  cpSync(join(HERE, "../wit"), join(folder, "deps/lance-host-pipeline"), { recursive: true });
  for (const name of ["wasi-clocks", "wasi-filesystem", "wasi-io"]) {
    cpSync(join(wasi, name), join(folder, "deps", name), { recursive: true });
  }
  const jco = spawnSync(
    process.execPath,
    [
      program,
      "componentize",
      entry,
      "--bundle",
      `--bundle-config=${join(HERE, "bundle.config.js")}`,
      `--wit=${folder}`,
      "--world-name=pipeline",
      // A pipeline does without HTTP, so the engine's own support for it stays out.
      "--disable",
      "http",
      "fetch-event",
      "--out",
      out,
    ],
    { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] },
  );
  process.stderr.write(jco.stderr ?? "");
  if (jco.status !== 0) {
    const why = /os error 44/.test(jco.stderr) ? WRONG_SHIM : `jco could not build ${entry}`;
    throw new Problem(why);
  }
  const { version } = JSON.parse(readFileSync(join(HERE, "../package.json"), "utf8"));
  const component = readFileSync(out);
  const section = customSection("lance-host:sdk", `javascript ${version}`);
  writeFileSync(out, Buffer.concat([component, section]));
}

function parsed() {
  let args;
  try {
    args = parseArgs({
      allowPositionals: true,
      options: { out: { type: "string", short: "o", default: "pipeline.wasm" } },
    });
  } catch (error) {
    throw new Problem(`${error.message}\n${USAGE}`);
  }
  const [entry, ...more] = args.positionals;
  if (entry === undefined || more.length > 0) throw new Problem(USAGE);
  if (!existsSync(entry)) throw new Problem(`there is no file ${entry}`);
  return { entry: resolve(entry), out: resolve(args.values.out) };
}

/** The program of the package jco, which the project or this package has. */
function jcoProgram() {
  for (const place of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      const api = createRequire(place).resolve("@bytecodealliance/jco");
      return join(dirname(api), "jco.js");
    } catch {
      // The next place may have it.
    }
  }
  throw new Problem("there is no jco: npm install --save-dev @bytecodealliance/jco@1.35.0");
}

/** A custom section of WebAssembly: what reads the component and does not know it skips it. */
function customSection(name, text) {
  const content = Buffer.concat([leb128(name.length), Buffer.from(name), Buffer.from(text)]);
  return Buffer.concat([Buffer.of(0), leb128(content.length), content]);
}

function leb128(number) {
  const bytes = [];
  for (; number >= 0x80; number >>>= 7) bytes.push((number & 0x7f) | 0x80);
  return Buffer.of(...bytes, number);
}

/** What the user has to be told, without a stack. */
class Problem extends Error {}

try {
  main();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`lance-host-componentize: ${error.message}`);
  process.exitCode = 1;
}
