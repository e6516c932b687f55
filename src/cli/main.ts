#!/usr/bin/env node
import { closeSync, fstatSync, openSync } from "node:fs";
import { homedir } from "node:os";
import { run } from "./run.ts";
import type { EndingSignal, Surroundings } from "./surroundings.ts";

/** This process. Its standard input is opened only when it is looked at. */
const surroundings: Surroundings = {
  argv: process.argv.slice(2),
  env: process.env,
  nodeVersion: process.versions.node,
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  homeFolder: homedir,
  outputMode: () => {
    const stat = fstatSync(1);
    return stat.isFile() ? stat.mode & 0o777 : undefined;
  },
  releaseOutput,
  openTerminal: async () => (await import("./terminal.ts")).openTerminal(),
};

const { exitCode, signal } = await run(surroundings);
process.exitCode = exitCode;
// The process ends by itself, once the other end has been told what there was to tell. Whoever started it is to see
// that it was a signal that ended it: shells stop their own work then.
if (signal !== undefined) process.once("beforeExit", () => dieOf(signal));

function dieOf(signal: EndingSignal): void {
  if (process.platform !== "win32") process.kill(process.pid, signal);
}

/**
 * Node never closes the descriptors 0 to 2, so that a reader would not learn that this was all before the process is
 * over. Something else stands in for standard output from then on, and a pipe that others write to as well is left as
 * it was found: blocking.
 */
function releaseOutput(): void {
  if (process.stdout.isTTY || process.platform === "win32") return;
  (process.stdout as { _handle?: { setBlocking?: (isBlocking: boolean) => void } })._handle?.setBlocking?.(
    true,
  );
  closeSync(1);
  openSync("/dev/null", "w");
}
