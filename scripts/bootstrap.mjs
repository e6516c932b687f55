// Brings node_modules to what package-lock.json says, so that a fresh clone can run any npm script with nothing done
// before. Plain Node: npm runs it (`pretest` and its like) when there is no dependency yet. It needs the network only
// when something is missing, and several runs at once wait for the first.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lockFile = join(root, "package-lock.json");
/** What npm itself wrote down of the installation; it writes this last. */
const installedFile = join(root, "node_modules", ".package-lock.json");
/** The hash of the package-lock.json that node_modules was last found to agree with. */
const recordFile = join(root, "node_modules", ".hawser-lock-hash");
/** Held while npm runs. Not in node_modules, which npm empties. */
const turnFile = join(root, "build", "bootstrap.lock");
const patienceInSeconds = 600;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`bootstrap: Hawser needs Node 20.19 or later, this is ${process.version}`);
  process.exit(1);
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function lockHash() {
  return createHash("sha256").update(readFileSync(lockFile)).digest("hex");
}

/** What is wrong with node_modules, or undefined when nothing is. */
function whatIsMissing() {
  const installed = readText(installedFile);
  if (installed === undefined) return "node_modules is not there";
  if (readText(recordFile) === lockHash()) return undefined;
  // Installed by hand, or package-lock.json has changed: what counts is whether the two lists agree. An optional
  // package may be missing, on purpose (`--omit=optional`) or because it is for another platform.
  const there = JSON.parse(installed).packages;
  for (const [path, wanted] of Object.entries(JSON.parse(readFileSync(lockFile, "utf8")).packages)) {
    if (path === "") continue;
    const found = there[path];
    if (found === undefined ? !(wanted.optional || wanted.devOptional) : found.version !== wanted.version) {
      return `${path.slice(path.lastIndexOf("node_modules/") + 13)} ${wanted.version} is not there`;
    }
  }
  writeFileSync(recordFile, lockHash());
  return undefined;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Whether this process now is the one that installs. */
function takeTurn() {
  mkdirSync(dirname(turnFile), { recursive: true });
  try {
    writeFileSync(turnFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const holder = Number(readText(turnFile));
  // 0: between its creation and the writing of the number, or just gone.
  if (holder !== 0 && !isRunning(holder)) {
    // Renamed first: of several that find a dead holder's file only one gets to take it away.
    const aside = `${turnFile}.${process.pid}`;
    try {
      renameSync(turnFile, aside);
      rmSync(aside);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return false;
}

function install() {
  const underNpm = basename(process.env.npm_execpath ?? "") === "npm-cli.js";
  const [command, ...args] = underNpm ? [process.execPath, process.env.npm_execpath] : ["npm"];
  // The tools are devDependencies, whatever NODE_ENV says.
  args.push("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error", "--usage=false");
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: !underNpm && process.platform === "win32",
  });
  if (error !== undefined || status !== 0) {
    console.error(`bootstrap: npm ci failed (${error?.message ?? `exit code ${status}`})`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(recordFile, lockHash());
  console.log(`bootstrap: installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

const began = Date.now();
const missing = whatIsMissing();
if (missing === undefined) {
  console.log("bootstrap: dependencies agree with package-lock.json");
} else {
  while (!takeTurn()) {
    if (Date.now() - began > patienceInSeconds * 1000) {
      console.error(`bootstrap: another run has been installing for ${patienceInSeconds} s (${turnFile})`);
      process.exit(1);
    }
    await sleep(200);
  }
  try {
    // Another run may have done it while this one waited.
    const stillMissing = whatIsMissing();
    if (stillMissing === undefined) {
      console.log("bootstrap: another run has installed the dependencies");
    } else {
      console.log(`bootstrap: ${stillMissing}, installing with npm ci`);
      install();
    }
  } finally {
    rmSync(turnFile, { force: true });
  }
}
