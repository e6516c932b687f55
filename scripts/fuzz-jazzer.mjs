// What all the fuzzing commands have in common: which targets there are, how they are compiled and how one is run.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
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

/** Seconds of processor time, user and system, that a process has had; undefined where the system does not say. */
function processorTime(pid) {
  try {
    // The name, in parentheses, may have anything in it. Times are in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/**
 * Runs a command, showing what it says unless it is told to be `quiet`; its exit status, all that it said, and for how
 * many seconds of processor time it has fuzzed since it began.
 */
export function run([program, ...args], { quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let [began, latest] = [undefined, undefined];
    const watch = () => {
      if (!/^#\d+\s+INITED/m.test(said)) return;
      latest = processorTime(child.pid) ?? latest;
      began ??= latest;
    };
    const timer = setInterval(watch, 50);
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on("data", (bytes) => {
        said += bytes;
        watch();
        if (!quiet) to.write(bytes);
      });
    }
    child.on("error", (error) => {
      clearInterval(timer);
      resolve({ status: 2, said: said + error.message });
    });
    child.on("close", (status, signal) => {
      clearInterval(timer);
      const seconds = latest === undefined ? undefined : latest - began;
      resolve({ status: status ?? (signal === "SIGINT" ? 130 : 2), said, seconds });
    });
  });
}

/**
 * The numbers in what libFuzzer said: executions, how many a second by the clock, edges covered, inputs kept; and how many
 * a second of the processor time that it had, `seconds`, once the inputs that it began from had been run.
 */
export function numbersIn(said, seconds) {
  const last = (pattern) => Number([...said.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const executions = last(/^(?:#|Done )(\d+)\s/gm);
  const fuzzed = executions - last(/^#(\d+)\s+INITED/gm);
  return {
    executions,
    rate: last(/ exec\/s: (\d+)/g),
    // To two digits: the times come in steps.
    processorRate: seconds >= 0.5 ? Number((fuzzed / seconds).toPrecision(2)) : undefined,
    edges: last(/ cov: (\d+)/g),
    features: last(/ ft: (\d+)/g),
    inputs: last(/ corp: (\d+)\//g),
  };
}
