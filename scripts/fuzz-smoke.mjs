// npm run fuzz:smoke [-- SECONDS]
//
// Runs every target for a few seconds (3 unless it is told otherwise) from the checked-in corpus and a fixed seed, and
// prints how fast each is. Fails where one breaks.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkedIn,
  command,
  compile,
  lengthsOf,
  node,
  numbersIn,
  run,
  stop,
  targets,
} from "./fuzz-jazzer.mjs";

const seconds = Number(process.argv[2] ?? 3);
if (!(seconds >= 1)) stop("for how many seconds?");
compile();
node();
let failed = 0;
for (const target of targets) {
  const { usual } = await lengthsOf(target);
  // Whatever it finds worth keeping is found again in a longer run.
  const own = mkdtempSync(join(tmpdir(), "hawser-fuzz-"));
  const flags = ["-seed=1", `-max_total_time=${seconds}`, `-max_len=${usual}`];
  const {
    status,
    said,
    seconds: spent,
  } = await run(command(target, [own, checkedIn(target)], flags), { quiet: true });
  rmSync(own, { recursive: true });
  const { executions, edges, rate, processorRate = "?" } = numbersIn(said, spent);
  const rates = `${rate} exec/s by the clock, ${processorRate} per second of processor time`;
  const numbers = `${executions} executions, ${rates}, ${edges} edges`;
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${target}: ${numbers}`);
  if (status === 0) continue;
  failed += 1;
  console.log(said);
}
process.exit(failed === 0 ? 0 : 1);
