/** Spin as a tool: compiles the model with its bounds, runs the verifier, reads what it says. */

import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FOLDER } from "./cells.mjs";
import { readSteps } from "./traces.mjs";

const execute = promisify(execFile);
const MODEL = join(FOLDER, "lifecycle.pml");
const INSTALL = "apt-get install spin gcc";

async function find(tool, argument, what) {
  try {
    await execute(tool, [argument]);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`the life cycle model needs ${what}, and it is not installed: ${INSTALL}`);
  }
}

export const seconds = (value) => Math.round(value * 100) / 100;

const flags = (defines) =>
  Object.entries(defines).map(([key, value]) => (value === true ? `-D${key}` : `-D${key}=${value}`));

/** @throws with the line that installs what is missing */
export async function findTools() {
  await find("spin", "-V", "Spin");
  await find("gcc", "--version", "gcc, which Spin calls too");
}

/** Compiles the model in a directory of its own; returns what runs the verifier and what replays its trail. */
export async function build(folder, defines, { compile, memory }) {
  await mkdir(folder, { recursive: true });
  const options = { cwd: folder, maxBuffer: 64 << 20 };
  await execute("spin", ["-a", ...flags(defines), MODEL], options);
  await execute("gcc", ["-w", `-DMEMLIM=${memory}`, ...compile, "-o", "pan", "pan.c"], options);
  return {
    async verify(args) {
      const began = performance.now();
      const { stdout } = await execute("./pan", args, options).catch((error) => {
        if (typeof error.stdout !== "string" || error.signal) throw error;
        return error;
      });
      return { ...readReport(stdout), seconds: (performance.now() - began) / 1000, stdout };
    },
    async replay() {
      const { stdout } = await execute(
        "spin",
        ["-k", join(folder, "lifecycle.pml.trail"), "-t", ...flags(defines), MODEL],
        options,
      );
      return readSteps(stdout);
    },
  };
}

/** What a verifier says at its end; no `errors` where it did not get to its end. */
function readReport(stdout) {
  const number = (pattern) => {
    const found = pattern.exec(stdout);
    return found ? Number(found[1]) : undefined;
  };
  const broken = number(/assertion violated \(?broken\s*!=\s*(\d+)/);
  return {
    errors: number(/errors: (\d+)/),
    states: number(/([\d.e+]+) states, stored/),
    broken,
    complete: !/error: max search depth|reached -DMEMLIM|out of memory|Search not completed|aborted/i.test(
      stdout,
    ),
    first: /^pan:\s*\d+: .*$/m.exec(stdout)?.[0] ?? "",
  };
}
