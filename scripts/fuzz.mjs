// npm run fuzz -- TARGET [SECONDS] [libFuzzer flags], for instance: npm run fuzz -- deframer 60
//
// Compiles the targets and runs one under jazzer.js, for 60 seconds unless it is told otherwise: most of the time with
// short inputs, which is where the executions are, then with long ones. Inputs that reach new code are kept in
// build/fuzz-corpus/TARGET; one that breaks something lands in build/fuzz-findings/TARGET. Both begin from
// fuzz/corpus/TARGET, which `npm test` replays. With flags of libFuzzer's own that end a run, or a length, there is one
// run, just as they say.

import {
  checkedIn,
  command,
  compile,
  findings,
  foundSomething,
  grown,
  lengthsOf,
  numbersIn,
  run,
  stop,
  targets,
} from "./fuzz-jazzer.mjs";

/** The share of the time that goes to long inputs. */
const longShare = 0.2;

const [target, ...rest] = process.argv.slice(2);
if (!targets.includes(target)) {
  stop(`${target === undefined ? "which target" : `no target ${target}`}? There are: ${targets.join(", ")}`);
}
const isSeconds = /^\d+$/.test(rest[0] ?? "");
const seconds = isSeconds ? Number(rest[0]) : 60;
const flags = isSeconds ? rest.slice(1) : rest;

compile();
const { usual, longest } = await lengthsOf(target);
const ends = flags.some((flag) => /^-(runs|max_total_time)=/.test(flag)) && !isSeconds;
const hasLength = flags.some((flag) => flag.startsWith("-max_len="));
const long = ends || hasLength ? 0 : Math.round(seconds * longShare);
const phases = [
  [...(hasLength ? [] : [`-max_len=${usual}`]), ...(ends ? [] : [`-max_total_time=${seconds - long}`])],
  ...(long === 0 ? [] : [[`-max_len=${longest}`, `-max_total_time=${long}`]]),
];
for (const phase of phases) {
  const {
    status,
    said,
    seconds: spent,
  } = await run(command(target, [grown(target), checkedIn(target)], [...phase, ...flags]));
  const { executions, rate, processorRate = "?" } = numbersIn(said, spent);
  const rates = `${rate} a second, ${processorRate} a second of processor time`;
  console.log(`fuzz: ${target} ${phase.join(" ")}: ${executions} executions, ${rates}`);
  if (status === foundSomething) {
    console.error(
      `fuzz: found something, see ${findings(target)}; look at it with npm run fuzz:repro -- FILE`,
    );
    console.error(`fuzz: it goes to ${checkedIn(target)}, under a name that says what it is, with the mend`);
  }
  if (status !== 0) process.exit(status);
}
