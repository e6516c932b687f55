// Brings what the benchmarks need besides Hawser to what bench/package-lock.json says, into build/bench: the root
// installation stays without it. Plain Node, as it runs before anything is compiled. It needs the network only when the
// lock file has changed since the last time.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(here, "..", "build", "bench");
/** The hash of the lock file that was installed; it goes in with the packages, in one step. */
const recordFile = join(target, "node_modules", ".lock-hash");

function recorded() {
  try {
    return readFileSync(recordFile, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function install(hash) {
  mkdirSync(target, { recursive: true });
  const workshop = mkdtempSync(join(target, "install-"));
  try {
    for (const name of ["package.json", "package-lock.json"]) {
      copyFileSync(join(here, name), join(workshop, name));
    }
    const underNpm = basename(process.env.npm_execpath ?? "") === "npm-cli.js";
    const [command, ...args] = underNpm ? [process.execPath, process.env.npm_execpath] : ["npm"];
    args.push("ci", "--no-audit", "--no-fund", "--loglevel=error", "--usage=false", "--ignore-scripts");
    const { status, error } = spawnSync(command, args, {
      cwd: workshop,
      stdio: ["ignore", "ignore", "inherit"],
      shell: !underNpm && process.platform === "win32",
    });
    if (error !== undefined || status !== 0) {
      throw new Error(`npm ci failed (${error?.message ?? `exit code ${status}`})`);
    }
    writeFileSync(join(workshop, "node_modules", ".lock-hash"), hash);
    rmSync(join(target, "node_modules"), { recursive: true, force: true });
    renameSync(join(workshop, "node_modules"), join(target, "node_modules"));
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

const hash = createHash("sha256")
  .update(readFileSync(join(here, "package-lock.json")))
  .digest("hex");
if (recorded() !== hash) {
  console.log("bench: installing what Hawser is compared with");
  install(hash);
}
