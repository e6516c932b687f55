// What all the fuzzing commands have in common: which targets there are, how they are compiled and how one is run.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fuzzRuntime } from "./fuzz-runtime.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const suffix = ".fuzz.ts";

/** libFuzzer's exit code when an input broke the target. */
export const foundSomething = 77;

export const targets = readdirSync(join(root, "fuzz"))
  .filter((name) => name.endsWith(suffix))
  .map((name) => name.slice(0, -suffix.length));

/** Says why this can't go on, and ends. */
export function stop(words) {
  console.error(`fuzz: ${words}`);
  process.exit(2);
}

/** Compiles all targets into build/fuzz. */
export function compile() {
  const compiled = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.fuzz.json"],
    { cwd: root, stdio: "inherit" },
  );
  if (compiled.status !== 0) stop("the targets do not compile");
}

let runtime;

/** A Node that the fuzzer loads in. */
export function node() {
  try {
    runtime ??= fuzzRuntime(root);
  } catch (error) {
    stop(error.message);
  }
  return runtime;
}

/** A target's lengths, in bytes: `usual` for most of the time, `longest` for the rest. */
export async function lengthsOf(target) {
  const { lengths } = await import(
    pathToFileURL(join(root, "build", "fuzz", "fuzz", `${target}.fuzz.js`)).href
  );
  return lengths;
}

export const grown = (target) => join("build", "fuzz-corpus", target);
export const findings = (target) => join("build", "fuzz-findings", target);
export const checkedIn = (target) => join("fuzz", "corpus", target);

/**
 * The command that runs a target on folders of inputs; libFuzzer writes to the first of them and only reads the others.
 * `build` is where the target was compiled to. What computes and decides nothing is not instrumented: the providers, and
 * HKDF and joining bytes above them.
 */
export function command(target, folders, flags, build = join("build", "fuzz")) {
  for (const folder of [...folders, findings(target)]) mkdirSync(join(root, folder), { recursive: true });
  const dictionary = join("fuzz", "dictionaries", `${target}.dict`);
  const source = `${build}/src/`;
  return [
    ...node(),
    "node_modules/@jazzer.js/core/dist/cli.js",
    join(root, build, "fuzz", `${target}.fuzz.js`),
    ...folders,
    ...["--sync", "--disableBugDetectors", ".*", "-i", source],
    ...["crypto/", "protocol/noise/hkdf", "protocol/bytes"].flatMap((path) => ["-e", source + path]),
    "--",
    `-artifact_prefix=${findings(target)}/`,
    ...(existsSync(join(root, dictionary)) ? [`-dict=${dictionary}`] : []),
    ...flags,
  ];
}

/** Runs a command, showing what it says unless it is told to be `quiet`; its exit status and all that it said. */
export function run([program, ...args], { quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on("data", (bytes) => {
        said += bytes;
        if (!quiet) to.write(bytes);
      });
    }
    child.on("error", (error) => resolve({ status: 2, said: said + error.message }));
    child.on("close", (status, signal) =>
      resolve({ status: status ?? (signal === "SIGINT" ? 130 : 2), said }),
    );
  });
}

/** The numbers in what libFuzzer said: executions, how many a second once it had begun, edges covered, inputs kept. */
export function numbersIn(said) {
  const last = (pattern) => Number([...said.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return {
    executions: last(/^(?:#|Done )(\d+)\s/gm),
    rate: last(/ exec\/s: (\d+)/g),
    edges: last(/ cov: (\d+)/g),
    features: last(/ ft: (\d+)/g),
    inputs: last(/ corp: (\d+)\//g),
  };
}
