// npm run fuzz:oss
//
// Tries oss-fuzz/build.sh out, in a temporary folder and with stand-ins for what OSS-Fuzz's base image has: an npm that
// has installed already, compile_javascript_fuzzer and jazzer. Each target's wrapper is then run on its zipped corpus.
// What can't be tried here is the image itself.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { node, root, stop, targets } from "./fuzz-jazzer.mjs";

/** Executions of each target. */
const runs = 500;

const folder = mkdtempSync(join(tmpdir(), "hawser-oss-fuzz-"));
const [source, out, bin] = ["src", "out", "bin"].map((name) => join(folder, name));
const project = join(source, "hawser");

function command(name, ...lines) {
  writeFileSync(join(bin, name), `#!/bin/bash -eu\n${lines.join("\n")}\n`, { mode: 0o755 });
}

function check(said, { status, stdout, stderr }) {
  if (status !== 0) throw new Error(`${said} ended with ${status}\n${stdout}${stderr}`);
}

function tryOut() {
  for (const path of [project, out, bin]) mkdirSync(path, { recursive: true });
  for (const name of ["fuzz", "oss-fuzz", "properties", "spec", "src", "package.json"]) {
    cpSync(join(root, name), join(project, name), { recursive: true });
  }
  for (const name of readdirSync(root))
    if (/^tsconfig.*\.json$/.test(name)) cpSync(join(root, name), join(project, name));
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  command("npm", '[ "$1" = ci ]');
  // What it says there: the project as it was built, and a wrapper that goes to the target's folder.
  command(
    "compile_javascript_fuzzer",
    'project=$1 target=$2 name=$(basename -s .js "$2"); shift 2',
    '[ -f "$SRC/$project/$target" ]',
    'rm -rf "$OUT/$project"; cp -r "$SRC/$project" "$OUT/$project"',
    'printf \'#!/bin/bash\\ncd "$(dirname "$0")"/%s\\njazzer %s %s -- "$@"\\n\' ' +
      '"$project/$(dirname "$target")" "$name" "$*" >"$OUT/$name"',
    'chmod +x "$OUT/$name"',
  );
  const words = [...node(), join(root, "node_modules", "@jazzer.js", "core", "dist", "cli.js")];
  command("jazzer", `exec ${words.map((word) => `'${word}'`).join(" ")} "$@"`);
  const env = { ...process.env, SRC: source, OUT: out, PATH: `${bin}:${process.env.PATH}` };
  const options = { cwd: project, env, encoding: "utf8" };
  check("build.sh", spawnSync(join(project, "oss-fuzz", "build.sh"), [], options));
  const made = readdirSync(out).flatMap((name) => /^(.*)_seed_corpus\.zip$/.exec(name)?.[1] ?? []);
  const missing = targets.filter((target) => !made.includes(target) || !existsSync(join(out, target)));
  if (missing.length > 0) throw new Error(`build.sh makes ${made.join(", ")}, and not ${missing.join(", ")}`);
  for (const target of targets) {
    const corpus = join(folder, "corpus", target);
    mkdirSync(corpus, { recursive: true });
    check(
      `${target}'s corpus`,
      spawnSync("unzip", ["-q", join(out, `${target}_seed_corpus.zip`), "-d", corpus], options),
    );
    const result = spawnSync(join(out, target), [`-runs=${runs}`, "-seed=1", corpus], options);
    check(target, result);
    // One that instruments nothing runs too, and finds nothing.
    const edges = Number([...result.stderr.matchAll(/ cov: (\d+)/g)].at(-1)?.[1] ?? 0);
    if (edges < 10) throw new Error(`${target} covers ${edges} edges\n${result.stderr}`);
    console.log(`ok   ${target}: ${edges} edges`);
  }
}

let trouble;
try {
  node();
  tryOut();
} catch (error) {
  trouble = error;
}
rmSync(folder, { recursive: true, force: true });
if (trouble !== undefined) stop(trouble.message);
