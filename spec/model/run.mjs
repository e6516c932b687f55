/**
 * Runs both formal models: the handshake (Maude) and the life cycle (Spin).
 *
 *   node spec/model/run.mjs [--nightly]
 *
 * Prints a line a check, with its states and CPU seconds. Ends with 1 when anything is not as expected or a tool
 * is missing.
 */

import { run as runHandshake } from "./handshake/run.mjs";
import { run as runLifecycle } from "./lifecycle/run.mjs";

const MODELS = [runHandshake, runLifecycle];
const nightly = process.argv.includes("--nightly");

let passed = 0;
let failed = 0;
let missing = false;
for (const run of MODELS) {
  const began = performance.now();
  try {
    const { name, results } = await run({ nightly, log: console.log });
    const good = results.filter((result) => result.ok).length;
    passed += good;
    failed += results.length - good;
    // A model without results checked nothing.
    if (results.length === 0) failed += 1;
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(`== ${name}: ${good} of ${results.length} as expected, ${seconds} s\n`);
  } catch (error) {
    failed += 1;
    missing ||= /not installed/.test(error.message);
    console.log(`FAIL ${error.message}`);
  }
}
if (missing) console.log("both models need: apt-get install maude spin gcc");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
