// npm run fuzz:selftest [-- --from-nothing] [FAULT…]
//
// Shows that the targets can find things: plants each fault of fuzz/faults.ts in the real source, builds, and fuzzes its
// target from the checked-in corpus with a fixed seed. Fails where a fault is not found within its number of executions,
// and where it can't be planted any more. With --from-nothing there is no corpus, only the dictionary, ten times the
// executions, and no failure: how much of the finding is the fuzzer's own.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import {
  checkedIn,
  command,
  compile,
  foundSomething,
  lengthsOf,
  node,
  numbersIn,
  root,
  run,
  stop,
} from "./fuzz-jazzer.mjs";

const seed = 1;
/** At the same time: most of a run is the start of a process. */
const workers = 2;

compile();
// Compiled beside the targets.
const { faults } = await import("../build/fuzz/fuzz/faults.js");
const isFromNothing = process.argv.includes("--from-nothing");
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const wanted = faults.filter(({ name }) => names.length === 0 || names.includes(name));
if (wanted.length === 0) stop(`there are: ${faults.map(({ name }) => name).join(", ")}`);

/** Compiles the targets with a fault; where to. */
function plant({ name, file, find, replace, with: before = "" }) {
  const source = readFileSync(join(root, "src", file), "utf8");
  if (source.split(find).length !== 2) stop(`${name} can't be planted: src/${file} has changed`);
  const folder = join("build", "fuzz-faults", name);
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, folder), { recursive: true });
  cpSync(join(root, "build", "fuzz"), join(root, folder), { recursive: true });
  const { outputText } = ts.transpileModule(before + source.replace(find, () => replace), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
    fileName: file,
  });
  writeFileSync(join(root, folder, "src", file.replace(/\.ts$/, ".js")), outputText);
  return folder;
}

/** Plants a fault and looks for it; says what came of it. */
async function lookFor(fault) {
  const { name, target, runs, long = false } = fault;
  const folder = plant(fault);
  const { usual, longest } = await lengthsOf(target);
  const own = join(folder, "corpus");
  const folders = isFromNothing ? [own] : [own, checkedIn(target)];
  const limit = isFromNothing ? 10 * runs : runs;
  const flags = [`-seed=${seed}`, `-runs=${limit}`, `-max_len=${long ? longest : usual}`];
  // What it finds is no finding.
  const { status, said } = await run(
    command(target, folders, [...flags, `-artifact_prefix=${folder}/`], folder),
    {
      quiet: true,
    },
  );
  const { executions } = numbersIn(said);
  const why = /Uncaught Exception: (.*)/.exec(said)?.[1] ?? said.split("\n").slice(-5).join("\n");
  const isFound = status === foundSomething;
  const how = isFound ? `found after ${executions} of ${limit}: ${why}` : `NOT FOUND in ${limit}: ${why}`;
  console.log(`${isFound ? "ok  " : "FAIL"} ${target}: ${name} ${how}`);
  rmSync(join(root, folder), { recursive: true, force: true });
  return isFound;
}

node();
const queue = [...wanted];
let found = 0;
async function work() {
  for (let fault = queue.shift(); fault !== undefined; fault = queue.shift())
    if (await lookFor(fault)) found += 1;
}
const start = Date.now();
await Promise.all(Array.from({ length: workers }, work));
const seconds = Math.round((Date.now() - start) / 1_000);
console.log(`fuzz: ${found} of ${wanted.length} planted faults found in ${seconds} s`);
if (found < wanted.length && !isFromNothing) process.exit(1);
