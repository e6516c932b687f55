/**
 * Runs Maude on files and a list of commands, and reads what it answers. Maude takes a module that does not
 * parse for a warning and then finds nothing: so any warning is an error here, and so is a command without an
 * answer. Standard input is /dev/null, for Maude would read commands from it.
 */

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** @throws when Maude is not installed */
export async function findMaude() {
  try {
    await promisify(execFile)("maude", ["--version"]);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error("the handshake model needs Maude, which is not installed: apt-get install maude");
  }
}

/**
 * @param {{modules: string[], commands: string[], timeout?: number}} job texts of modules (or `load` lines), in
 *   order; commands; seconds
 * @returns {Promise<string[]>} the answers, one a command
 * @throws on a warning, a missing answer, or after `timeout`
 */
export async function runMaude({ modules, commands, timeout = 3600 }) {
  const folder = await mkdtemp(join(tmpdir(), "hawser-handshake-"));
  try {
    const file = join(folder, "run.maude");
    await writeFile(file, `${[...modules, "set print mixfix off .", ...commands].join("\n")}\n`);
    const { code, stdout, stderr } = await collect(file, timeout);
    const text = `${stdout}\n${stderr}`;
    const warning = /^.*(?:Warning|Advisory|error):[\s\S]*?(?=\n\S|$)/im.exec(text);
    if (warning) throw new Error(`Maude warns: ${warning[0].replaceAll(/\s+/g, " ").slice(0, 500)}`);
    if (code !== 0) throw new Error(`Maude ended with ${code ?? "a signal, or too late"}`);
    const answers = stdout.split(/^=+\n/m).slice(1);
    if (answers.length !== commands.length || !/^Bye\.$/m.test(stdout))
      throw new Error(`Maude answered ${answers.length} of ${commands.length} commands`);
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function collect(file, timeout) {
  return new Promise((resolve, reject) => {
    const child = spawn("maude", ["-no-banner", "-no-ansi-color", "-batch", file], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeout * 1000,
      killSignal: "SIGKILL",
    });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text) => {
        out[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...out }));
  });
}

/**
 * What a `search` found.
 *
 * @param {string} answer
 * @returns {{found: number | undefined, states: number, seconds: number}} number of the state
 *   found, states seen, CPU time
 */
export function readSearch(answer) {
  const counts = /^states: (\d+) {2}rewrites:\s+\d+\s+in\s+(\d+)ms\s+cpu\s/m.exec(answer);
  const solution = /^Solution 1 \(state (\d+)\)$/m.exec(answer);
  if (!counts || Boolean(solution) === /^No solution\.$/m.test(answer))
    throw new Error(`not the answer to a search: ${answer.slice(0, 300)}`);
  return {
    found: solution ? Number(solution[1]) : undefined,
    states: Number(counts[1]),
    seconds: Number(counts[2]) / 1000,
  };
}

/**
 * The steps of a `show path`: the label of each rule and the states around it.
 *
 * @typedef {{op: string, args: Term[]}} Term
 * @param {string} answer
 * @returns {{label: string, before: Term, after: Term}[]}
 */
export function readPath(answer) {
  const from = answer.indexOf("\nstate 0, ");
  if (from < 0) throw new Error("no path in the answer");
  const parts = answer.slice(from).split(/^===\[([\s\S]*?)\]===>$/m);
  const states = [];
  const labels = [];
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      const label = /\[\s*label\s+([\w-]+)\]/.exec(part);
      if (!label) throw new Error(`a rule without a label: ${part.slice(0, 200)}`);
      labels.push(label[1]);
    } else {
      states.push(readTerm(part.replace(/^\s*state \d+, \w+:/, "").replace(/\nBye\.\s*$/, "")));
    }
  }
  return labels.map((label, index) => ({ label, before: states[index], after: states[index + 1] }));
}

/** Reads a term in prefix notation. @param {string} text @returns {Term} */
export function readTerm(text) {
  const tokens = text.match(/[(),]|[^\s(),]+/g) ?? [];
  let at = 0;
  const term = () => {
    const op = tokens[at];
    if (op === undefined || /^[(),]$/.test(op)) throw new Error(`not a term at ${op ?? "its end"}`);
    at += 1;
    const args = [];
    if (tokens[at] === "(") {
      do {
        at += 1;
        args.push(term());
      } while (tokens[at] === ",");
      if (tokens[at] !== ")") throw new Error(`not a term: ${tokens[at] ?? "unfinished"}`);
      at += 1;
    }
    return { op, args };
  };
  const whole = term();
  if (at !== tokens.length) throw new Error(`more than a term: ${tokens[at]}`);
  return whole;
}

/** @param {Term} term */
export function printTerm({ op, args }) {
  return args.length > 0 ? `${op}(${args.map(printTerm).join(", ")})` : op;
}
