/**
 * This project's shim (spec/conformance.md), a program:
 *
 *     node dist/conformance/shim/main.js [--provider=native|wasm] --cases
 *     node dist/conformance/shim/main.js [--provider=native|wasm] --role=client --port=49152 …
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { loadPrimitives, type Primitives } from "../../crypto/index.ts";
import { parseCase, UnknownFlag } from "./flags.ts";
import { type Line, play } from "./play.ts";

const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** CF-010: at once, and whole. */
function print(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function playFlags(flags: readonly string[], primitives: Primitives): Promise<0 | 1 | 89> {
  try {
    return await play(parseCase(flags), primitives, print);
  } catch (error) {
    if (!(error instanceof UnknownFlag)) throw error;
    print({ event: "done", code: 89, length: 0, sha256: nothing }); // CF-004
    return 89;
  }
}

const flags = process.argv.slice(2);
const provider = flags.find((flag) => flag.startsWith("--provider="))?.slice("--provider=".length) ?? "auto";
if (provider !== "native" && provider !== "wasm" && provider !== "auto")
  throw new RangeError(`no provider ${provider}`);
const primitives = await loadPrimitives({ provider });
const rest = flags.filter((flag) => !flag.startsWith("--provider="));
if (rest.join() === "--cases") {
  // CF-001: one after the other, in one process.
  for await (const line of createInterface({ input: process.stdin })) {
    await playFlags(line.split(" "), primitives);
  }
} else {
  process.exitCode = await playFlags(rest, primitives);
}
