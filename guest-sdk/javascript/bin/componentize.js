#!/usr/bin/env node
/**
 * Builds a pipeline to a component: `lance-host-componentize src/pipeline.ts --out pipeline.wasm`.
 *
 * It runs jco with the contract of this package, and records the SDK in the component.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const USAGE = "usage: lance-host-componentize ENTRY.ts [--out FILE.wasm]";
const HERE = dirname(fileURLToPath(import.meta.url));

/** What goes wrong with a version of the shim that does not suit jco, and what helps. */
const WRONG_SHIM = `The installed @bytecodealliance/preview2-shim cannot read the contract. Pin it in package.json:
    "overrides": { "@bytecodealliance/preview2-shim": "0.25.0" }
then remove node_modules and package-lock.json, and run npm install.`;

function main() {
  const { entry, out } = parsed();
  const jco = spawnSync(
    process.execPath,
    [
      jcoProgram(),
      "componentize",
      entry,
      "--bundle",
      `--bundle-config=${join(HERE, "bundle.config.js")}`,
      `--wit=${join(HERE, "../wit")}`,
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
    if (/os error 44/.test(jco.stderr)) fail(WRONG_SHIM);
    fail(`jco could not build ${entry}`);
  }
  const { version } = JSON.parse(readFileSync(join(HERE, "../package.json"), "utf8"));
  const component = readFileSync(out);
  const section = customSection("lance-host:sdk", `javascript ${version}`);
  writeFileSync(out, Buffer.concat([component, section]));
}

function parsed() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: "string", short: "o", default: "pipeline.wasm" } },
    });
    const [entry, ...more] = positionals;
    if (entry === undefined || more.length > 0) fail(USAGE);
    if (!existsSync(entry)) fail(`there is no file ${entry}`);
    return { entry: resolve(entry), out: resolve(values.out) };
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
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
  return fail("there is no jco: npm install --save-dev @bytecodealliance/jco@1.35.0");
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

function fail(message) {
  console.error(`lance-host-componentize: ${message}`);
  process.exit(1);
}

main();
