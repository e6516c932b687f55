// npm run fuzz:repro -- FILE [TARGET]
//
// Runs one input without the fuzzer and tells what happens: every call of a channel with what goes in and what comes out,
// then how it ended. The target is the name of the folder that the file lies in, unless it is given.

import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, root, stop, targets } from "./fuzz-jazzer.mjs";

const [file, target = basename(dirname(resolve(file ?? ".")))] = process.argv.slice(2);
if (file === undefined) stop("which file?");
if (!targets.includes(target))
  stop(`which target? npm run fuzz:repro -- ${file} TARGET: ${targets.join(", ")}`);
compile();
const input = readFileSync(file);
const built = (path) => pathToFileURL(join(root, "build", "fuzz", path)).href;
const { fuzz } = await import(built(`fuzz/${target}.fuzz.js`));
const { traceCalls } = await import(built("fuzz/support/trace.js"));
const { countAll } = await import(built("fuzz/support/reachable.js"));

console.log(`${target}, ${input.length} bytes`);
for (let at = 0; at < input.length && at < 1_024; at += 16) {
  const line = input.subarray(at, at + 16);
  const text = line.toString("latin1").replace(/[^\x20-\x7e]/g, ".");
  console.log(
    `${at.toString(16).padStart(6, "0")}  ${line.toString("hex").replace(/../g, "$& ").padEnd(49)} ${text}`,
  );
}
traceCalls((line) => console.log(line));
countAll();
try {
  fuzz(input);
} catch (error) {
  console.log(`\n${target} breaks: ${error.stack}`);
  process.exit(1);
}
console.log(`\n${target} holds`);
