/**
 * npm run conformance:faults [-- FAULT…] [--all] [--list] [--lanes=N]
 *
 * Plants each fault of faults.ts in this project's shim, and plays cases against it. Fails where a fault is not caught by
 * the cases that it names, where a case fails that cites no requirement which the fault breaks, or where a fault can't be
 * planted any more. Played are all cases that cite such a requirement and a sample of the others, another one for each
 * fault; with --all, every case. --list names every case that a fault fails, not the first three alone.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "../../src/conformance/case.ts";
import { cases } from "../../src/conformance/cases/index.ts";
import { Lane, type Result } from "../../src/conformance/run/lane.ts";
import { loadPrimitives } from "../../src/crypto/index.ts";
import { buildShim } from "./build.ts";
import { type Fault, faults, fits } from "./faults.ts";

/** One in so many of the cases that are none of the fault's. */
const sampleOf = 12;
/** About so many of its own are played, besides those that it names. */
const mostOwn = 40;
/** How many faults are looked for at the same time. */
const atOnce = 3;
/** Milliseconds that a shim is waited for, at first, and where a case failed that should not have. */
const patience = { hasty: 1_500, calm: 6_000 };
const deadline = 20_000;

const primitives = await loadPrimitives();
const root = join(import.meta.dirname, "..", "..");
const flags = process.argv.slice(2);
const isAll = flags.includes("--all");
const lanes = Number(flags.find((flag) => flag.startsWith("--lanes="))?.slice("--lanes=".length) ?? 4);
const names = flags.filter((flag) => !flag.startsWith("--"));
const wanted = faults.filter(({ id }) => names.length === 0 || names.includes(id));
if (wanted.length === 0 || names.some((name) => faults.every(({ id }) => id !== name))) {
  console.error(`there are: ${faults.map(({ id }) => id).join(", ")}`);
  process.exit(2);
}

const cites = ({ requirements }: Fault, one: Case): boolean =>
  one.requirements.some((requirement) => requirements.includes(requirement));

// Below the project, where the packages that a shim loads are found.
const folder = join(root, "build", `conformance-faults-${process.pid}`);
const commandOf = (program: string): string => `"${process.execPath}" "${program}"`;

/** Plays cases, several at the same time, as most of a case is waiting. */
async function playAll(command: string, chosen: readonly Case[], ms: number): Promise<Result[]> {
  const queue = [...chosen];
  const results: Result[] = [];
  await Promise.all(
    Array.from({ length: Math.min(lanes, queue.length) }, async () => {
      const lane = new Lane(command, primitives, ms, deadline);
      await lane.open();
      try {
        for (let one = queue.shift(); one !== undefined; one = queue.shift())
          results.push(await lane.play(one));
      } finally {
        await lane.close();
      }
    }),
  );
  return results;
}

/** The shim without a fault, in one process for the whole run. */
const soundProgram = join(folder, "sound.mjs");
const sound = new Lane(commandOf(soundProgram), primitives, patience.calm, deadline);
let soundTurn: Promise<unknown> = Promise.resolve();

/** Those of some cases that the shim without a fault does not pass either. */
function failedBySound(chosen: readonly Case[]): Promise<Set<string>> {
  const turn = soundTurn.then(async () => {
    const results: Result[] = [];
    for (const one of chosen) results.push(await sound.play(one));
    return new Set(failed(results).map((result) => result.case.id));
  });
  soundTurn = turn.catch(() => undefined);
  return turn;
}

const failed = (results: readonly Result[]): Result[] =>
  results.filter(({ outcome }) => outcome === "failed");

/** Looks for a fault; says what came of it. */
async function lookFor(fault: Fault, index: number): Promise<boolean> {
  const started = performance.now();
  const program = join(folder, `${fault.id}.mjs`);
  await buildShim(fault, program);
  const command = commandOf(program);
  const isNamed = (one: Case) => fault.caughtBy.some((pattern) => fits(pattern, one.id));
  const isOwn = ({ case: one }: Result) => cites(fault, one);
  const citing = cases.filter((one) => cites(fault, one));
  // Some requirements are cited by a hundred cases that are much alike.
  const step = isAll ? 1 : Math.ceil(citing.length / mostOwn);
  const own = citing.filter((one, i) => i % step === index % step || isNamed(one));
  const others = cases.filter((one) => !cites(fault, one));
  const sample = isAll ? others : others.filter((_, i) => i % sampleOf === index % sampleOf);
  const results = failed(await playAll(command, [...own, ...sample], patience.hasty));
  const unmetBy = (found: readonly Result[]) =>
    fault.caughtBy.filter((pattern) => !found.some((one) => isOwn(one) && fits(pattern, one.case.id)));
  const unmet = unmetBy(results);
  // On a busy machine a shim may have been waited for too briefly, for what it owes and for what it should not say.
  const doubtful = [
    ...results.filter((one) => !isOwn(one)).map((one) => one.case),
    ...own.filter((one) => unmet.some((pattern) => fits(pattern, one.id))),
  ];
  const again = failed(await playAll(command, doubtful, patience.calm));
  const caught = [...results, ...again].filter(isOwn);
  const missing = unmetBy(caught);
  // What the shim without the fault does not pass either says nothing about it.
  const suspects = again.filter((one) => !isOwn(one));
  const control = [...suspects.map((one) => one.case), ...caught.map((one) => one.case).filter(isNamed)];
  const unsound = await failedBySound(control);
  const strays = suspects.filter((one) => !unsound.has(one.case.id));
  for (const one of caught) if (isNamed(one.case) && unsound.has(one.case.id)) missing.push(one.case.id);
  const isCaught = caught.length > 0 && strays.length === 0 && missing.length === 0;
  const seconds = Math.round((performance.now() - started) / 1_000);
  console.log(
    `${isCaught ? "ok  " : "FAIL"} ${fault.id} (${fault.requirements.join(", ")}): ${caught.length} of ${own.length} own ` +
      `cases fail, ${strays.length} of ${sample.length} others, in ${seconds} s`,
  );
  for (const { case: one } of caught.slice(0, flags.includes("--list") ? undefined : 3))
    console.log(`       ${one.id}`);
  for (const pattern of missing) console.log(`     not caught by ${pattern}`);
  for (const id of unsound) console.log(`     ${id} fails without the fault too`);
  for (const { case: one, faults: found } of strays) {
    console.log(`     ${one.id} (${one.requirements.join(", ")}) fails, and is none of its own`);
    for (const { expected, got } of found) console.log(`       expected ${expected}, got ${got}`);
  }
  return isCaught;
}

mkdirSync(folder, { recursive: true });
let found = 0;
const started = performance.now();
try {
  await buildShim(undefined, soundProgram);
  await sound.open();
  const queue = [...wanted];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let fault = queue.shift(); fault !== undefined; fault = queue.shift())
        if (await lookFor(fault, faults.indexOf(fault))) found += 1;
    }),
  );
} finally {
  await sound.close();
  rmSync(folder, { recursive: true });
}
const seconds = Math.round((performance.now() - started) / 1_000);
console.log(
  `conformance: ${found} of ${wanted.length} planted faults caught, by their own cases alone, in ${seconds} s`,
);
process.exitCode = found === wanted.length ? 0 : 1;
