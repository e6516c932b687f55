// npm run fuzz -- TARGET [libFuzzer flags], for instance: npm run fuzz -- deframer -max_total_time=60
//
// Compiles fuzz/TARGET.fuzz.ts and what it imports, and runs it under jazzer.js. Inputs that reach new code are kept in
// build/fuzz-corpus/TARGET; one that breaks something lands in build/fuzz-findings/TARGET. Both begin from fuzz/corpus/TARGET,
// which `npm test` replays.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fuzzRuntime } from "./fuzz-runtime.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const suffix = ".fuzz.ts";
const targets = readdirSync(join(root, "fuzz")).filter((name) => name.endsWith(suffix));
const [target, ...flags] = process.argv.slice(2);

/** libFuzzer's exit code when an input broke the target. */
const foundSomething = 77;

function stop(code, words) {
  console.error(`fuzz: ${words}`);
  process.exit(code);
}

if (target === undefined || !targets.includes(target + suffix)) {
  const names = targets.map((name) => name.slice(0, -suffix.length)).join(", ");
  stop(2, `${target === undefined ? "which target" : `no target ${target}`}? There are: ${names}`);
}

const compiled = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.fuzz.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
if (compiled.status !== 0) stop(2, "the targets do not compile");

let runtime;
try {
  runtime = fuzzRuntime(root);
} catch (error) {
  stop(2, error.message);
}

const [program, ...programArgs] = runtime;
const grown = join("build", "fuzz-corpus", target);
const findings = join("build", "fuzz-findings", target);
for (const folder of [grown, findings]) mkdirSync(join(root, folder), { recursive: true });
const dictionary = join("fuzz", "dictionaries", `${target}.dict`);
const { status, signal } = spawnSync(
  program,
  [
    ...programArgs,
    "node_modules/@jazzer.js/core/dist/cli.js",
    join(root, "build", "fuzz", "fuzz", `${target}.fuzz.js`),
    // libFuzzer writes to the first of its folders and only reads the others.
    grown,
    join("fuzz", "corpus", target),
    ...["--sync", "-i", "build/fuzz/", "--"],
    `-artifact_prefix=${findings}/`,
    ...(existsSync(join(root, dictionary)) ? [`-dict=${dictionary}`] : []),
    ...flags,
  ],
  { cwd: root, stdio: "inherit" },
);
if (status === foundSomething) {
  console.error(`fuzz: found something, see ${findings}; it goes to fuzz/corpus/${target} with the mend`);
}
process.exit(status ?? (signal === "SIGINT" ? 130 : 2));
