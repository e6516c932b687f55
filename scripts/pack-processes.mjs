// How the scripts about the package run others: npm, the tools in node_modules, and programs under this very Node.

import { spawnSync } from "node:child_process";
import { basename, delimiter, dirname } from "node:path";

/** What is wrong with the package. Its message says so; where in these scripts it was noticed helps nobody. */
export class PackageFault extends Error {}

/** Runs a check; a fault that it finds is said in one message, and is the exit code. */
export async function reportFaults(check) {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof PackageFault)) throw error;
    console.error(`package: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Runs a program to its end, without input. What it prints comes back; unless its exit code is 0 it is a fault. */
export function run(command, args, { cwd, env = process.env, shell = false } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    shell,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
    timeout: 300_000,
  });
  if (error !== undefined || status !== 0) {
    const reason = error?.message ?? `exit code ${status}`;
    throw new PackageFault(`${[basename(command), ...args].join(" ")}: ${reason}\n${stdout}${stderr}`);
  }
  return { stdout, stderr };
}

/** The npm that runs this, else the one in the PATH. */
export function npm(args, options = {}) {
  const path = process.env.npm_execpath ?? "";
  if (basename(path) === "npm-cli.js") return run(process.execPath, [path, ...args], options);
  return run("npm", args, { ...options, shell: process.platform === "win32" });
}

/** The environment of somebody's project, who has nothing of this repository in theirs, under the Node that runs this. */
export function consumerEnvironment() {
  const { NODE_OPTIONS: _options, NODE_PATH: _path, ...env } = process.env;
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
}
