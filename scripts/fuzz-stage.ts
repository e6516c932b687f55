/**
 * A project in a folder of its own in which the fuzzing commands run as they are, on targets that are made up, and with
 * stand-ins for the compiler and for jazzer.js: they take a second, and break where a test wants them to.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "./spec.ts";

/** `fuzz/NAME.fuzz.ts` becomes `build/fuzz/fuzz/NAME.fuzz.js`, word for word. */
const compiler = `
const { cpSync, mkdirSync, readdirSync, writeFileSync } = require("node:fs");
mkdirSync("build/fuzz/fuzz/support", { recursive: true });
for (const name of readdirSync("fuzz"))
  if (name.endsWith(".ts")) cpSync("fuzz/" + name, "build/fuzz/fuzz/" + name.replace(/ts$/, "js"));
writeFileSync("build/fuzz/fuzz/support/trace.js", "export function traceCalls() {}");
writeFileSync("build/fuzz/fuzz/support/reachable.js", "export function countAll() {}");
`;

/** Runs a target on two inputs and says so in libFuzzer's words; one that throws becomes a file, and the exit status 77. */
const fuzzer = `
const { cpSync, readdirSync, writeFileSync } = require("node:fs");
const { resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const words = process.argv.slice(2);
const flags = words.slice(words.indexOf("--"));
const prefix = flags.find((flag) => flag.startsWith("-artifact_prefix="))?.slice(17) ?? "";
const merges = flags.includes("-merge=1");
const [target, ...folders] = words.slice(0, words.findIndex((word) => word.startsWith("-")));
(async () => {
  if (merges) {
    const [to, ...from] = folders;
    for (const folder of from) cpSync(folder, to, { recursive: true });
    return;
  }
  const { fuzz } = await import(pathToFileURL(resolve(target.replace(/(\\.js)?$/, ".js"))));
  for (const input of [Buffer.from("a"), Buffer.from("b")]) {
    try {
      fuzz(input);
    } catch (error) {
      console.error("==1== Uncaught Exception: " + error);
      writeFileSync(prefix + "crash-" + input.toString("hex"), input);
      process.exit(77);
    }
  }
  console.error("#2\\tINITED cov: 12 ft: 12 corp: 2/2b exec/s: 0 rss: 1Mb");
  console.error("#500\\tDONE   cov: 12 ft: 12 corp: 2/2b exec/s: 250 rss: 1Mb");
})().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
`;

export const targetsOfStage = {
  holds: "export const lengths = { usual: 8, longest: 16 };\nexport function fuzz() {}\n",
  breaks:
    "export const lengths = { usual: 8, longest: 16 };\n" +
    'export function fuzz(data) { if (data[0] === 98) throw new Error("planted"); }\n',
} as const;

export interface Ended {
  readonly status: number | null;
  /** Standard output, then standard error. */
  readonly said: string;
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), "hawser-fuzz-stage-"));
  /** First in PATH. */
  readonly bin = join(this.folder, "bin");

  /** @param addon the module that stands for jazzer.js's native one */
  constructor(targets: Readonly<Record<string, string>>, addon = "") {
    const commands = readdirSync(join(root, "scripts")).filter((name) => /^fuzz.*\.mjs$/.test(name));
    for (const name of commands) this.copy(join("scripts", name));
    for (const name of ["package.json", "oss-fuzz"]) this.copy(name);
    this.write("scripts/bootstrap.mjs", "");
    for (const folder of ["properties", "spec", "src"]) this.write(`${folder}/empty`, "");
    this.write("tsconfig.fuzz.json", "{}");
    for (const [name, code] of Object.entries(targets)) {
      this.write(`fuzz/${name}.fuzz.ts`, code);
      this.write(`fuzz/corpus/${name}/seed`, "a");
    }
    this.write("node_modules/typescript/bin/tsc", `#!/usr/bin/env node\n${compiler}`);
    this.write("node_modules/@jazzer.js/core/dist/cli.js", fuzzer);
    this.write("node_modules/@jazzer.js/fuzzer/index.js", addon);
    for (const scope of ["typescript", "@jazzer.js"])
      this.write(`node_modules/${scope}/package.json`, '{ "type": "commonjs" }');
    mkdirSync(join(this.folder, "node_modules", ".bin"));
    symlinkSync("../typescript/bin/tsc", join(this.folder, "node_modules", ".bin", "tsc"));
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o755 });
  }

  /** A command of the project's, with its arguments; `path` is PATH after the stage's own folder. */
  run(words: readonly string[], path = process.env["PATH"] ?? ""): Ended {
    const [program = "", ...args] = words;
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.folder,
      env: { ...process.env, PATH: `${this.bin}:${path}` },
      encoding: "utf8",
      timeout: 120_000,
    });
    if (error !== undefined) throw error;
    return { status, said: stdout + stderr };
  }

  /** `scripts/NAME.mjs`. */
  script(name: string, ...args: readonly string[]): Ended {
    return this.run([process.execPath, join("scripts", `${name}.mjs`), ...args]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private copy(path: string): void {
    cpSync(join(root, path), join(this.folder, path), { recursive: true });
  }
}
