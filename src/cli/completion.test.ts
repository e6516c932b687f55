/** Why: a completion that offers what the parser refuses, or hides what it takes, teaches the wrong command. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { inFolder, runToEnd } from "../../properties/cli/in-process.ts";
import { SHELLS } from "./program.ts";

const commands = ["keygen", "pubkey", "listen", "connect", "completion"];
const scripts = new Map<string, string>();
const helps = new Map<string, string>();

beforeAll(async () => {
  for (const shell of SHELLS) scripts.set(shell, (await runToEnd(["completion", shell])).out);
  for (const command of commands) helps.set(command, (await runToEnd([command, "--help"])).out);
});

/** What bash offers for the last of the words, in a folder. */
function offered(folder: string, ...words: string[]): string[] {
  const program = `${scripts.get("bash")}
    compopt() { :; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hawser
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", program, "bash", ...words], { cwd: folder });
  return output
    .toString()
    .split("\n")
    .filter((word) => word !== "")
    .sort();
}

/** The options that `--help` lists. */
function optionsOf(command: string): string[] {
  return [...(helps.get(command) ?? "").matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)]
    .flatMap(([, short, long]) => [short, long])
    .filter((word) => word !== undefined)
    .sort() as string[];
}

describe("completion in bash", () => {
  it("offers the commands first, and those that begin so", () =>
    inFolder(async (folder) => {
      const first = offered(folder, "hawser", "");
      expect(first).toEqual(expect.arrayContaining([...commands, "help", "--help", "--version"]));
      expect(offered(folder, "hawser", "co")).toEqual(["completion", "conformance", "connect"]);
      expect(offered(folder, "hawser", "help", "l")).toEqual(["listen"]);
    }));

  it("offers each command the options that its help lists", () =>
    inFolder(async (folder) => {
      for (const command of commands) {
        expect(optionsOf(command)).toContain("--help");
        expect(offered(folder, "hawser", command, "-")).toEqual(optionsOf(command));
      }
    }));

  it("offers files, blanks and all, where a file belongs, and nothing where no file does", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "my own.key"), "");
      mkdirSync(join(folder, "keys"));
      const files = ["keys", "my own.key"];
      for (const words of [
        ["listen", "--key", ""],
        ["listen", "--authorized-keys", ""],
        ["connect", "--key", "=", ""],
        ["connect", "--key", "="],
        ["keygen", "-o", ""],
        ["keygen", "--output", ""],
      ]) {
        expect(offered(folder, "hawser", ...words)).toEqual(files);
      }
      expect(offered(folder, "hawser", "pubkey", "my")).toEqual(["my own.key"]);
      expect(offered(folder, "hawser", "listen", "--context", "")).toEqual([]);
      expect(offered(folder, "hawser", "listen", "--allow", "")).toEqual([]);
      expect(offered(folder, "hawser", "completion", "")).toEqual(
        expect.arrayContaining(["bash", "fish", "zsh"]),
      );
    }));
});

describe("completion in zsh and fish", () => {
  it("knows each command and each option", () => {
    const zsh = scripts.get("zsh") ?? "";
    const fish = scripts.get("fish") ?? "";
    expect(zsh).toMatch(/^#compdef hawser\n/);
    for (const command of commands) {
      const zshLine = zsh.split("\n").find((text) => text.trim().startsWith(`${command})`));
      for (const option of optionsOf(command)) {
        expect(zshLine).toContain(option);
        const flag = option.startsWith("--") ? `-l ${option.slice(2)} ` : `-s ${option.slice(1)} `;
        const fishLines = fish.split("\n").filter((text) => text.includes(`_from ${command}'`));
        expect(fishLines.some((text) => text.includes(flag))).toBe(true);
      }
    }
  });
});
