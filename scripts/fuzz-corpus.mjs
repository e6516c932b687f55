// npm run fuzz:corpus [-- TARGET…]
//
// Makes the checked-in corpora anew: of the inputs there, of those that fuzzing has grown in build/fuzz-corpus and of what
// the vectors and the pages hold, libFuzzer chooses the smallest that together reach all that they reach. Inputs with a
// name of their own tell what they are for, and stay as they are.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkedIn, command, compile, grown, lengthsOf, root, run, stop, targets } from "./fuzz-jazzer.mjs";

/** What libFuzzer calls an input: the SHA-1 of its bytes. */
const isGrown = (name) => /^[0-9a-f]{40}$/.test(name);

/** In bytes, of an input without a name. */
const longestKept = 2_048;

/** Rewrites a target's checked-in corpus; how many inputs it has now. */
export async function minimise(target, seeds) {
  const { usual, longest } = await lengthsOf(target);
  const chosen = join("build", "fuzz-merged", target);
  rmSync(join(root, chosen), { recursive: true, force: true });
  mkdirSync(join(root, chosen), { recursive: true });
  mkdirSync(join(root, checkedIn(target)), { recursive: true });
  const isNamed = (name) => !isGrown(name);
  for (const name of readdirSync(join(root, checkedIn(target))).filter(isNamed)) {
    cpSync(join(root, checkedIn(target), name), join(root, chosen, name));
  }
  const sources = [checkedIn(target), grown(target), join(seeds, target)];
  // What is longer costs the replay more than it shows.
  const flags = ["-merge=1", `-max_len=${Math.min(longest, Math.max(2 * usual, longestKept))}`];
  const { status, said } = await run(command(target, [chosen, ...sources], flags), { quiet: true });
  if (status !== 0) stop(`the corpus of ${target} can't be merged:\n${said}`);
  for (const name of readdirSync(join(root, checkedIn(target))).filter(isGrown)) {
    rmSync(join(root, checkedIn(target), name));
  }
  const found = readdirSync(join(root, chosen)).filter(isGrown);
  for (const name of found) renameSync(join(root, chosen, name), join(root, checkedIn(target), name));
  return readdirSync(join(root, checkedIn(target))).length;
}

const wanted = process.argv.slice(2);
for (const target of wanted) if (!targets.includes(target)) stop(`no target ${target}`);
compile();
const seeds = join("build", "fuzz-seeds");
rmSync(join(root, seeds), { recursive: true, force: true });
const made = spawnSync("node_modules/.bin/tsx", ["scripts/fuzz-seeds.ts", seeds], {
  cwd: root,
  stdio: "inherit",
});
if (made.status !== 0 || !existsSync(join(root, seeds))) stop("the vectors made no inputs");
for (const target of wanted.length === 0 ? targets : wanted) {
  console.log(`fuzz: ${target}: ${await minimise(target, seeds)} inputs`);
}
