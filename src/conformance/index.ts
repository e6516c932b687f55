/**
 * The conformance runner: cases that a peer plays with an implementation, through the shim of spec/conformance.md.
 *
 * @module
 */
export type { Case, Role } from "./case.ts";
export { cases } from "./cases/index.ts";
export { htmlReport } from "./report/html.ts";
export { jsonReport } from "./report/json.ts";
export { junitReport } from "./report/junit.ts";
export { Progress } from "./report/progress.ts";
export { summary } from "./report/summary.ts";
export { chosen, parseSkips, type Skips } from "./run/choose.ts";
export { countOutcomes, type Run, runCases } from "./run/run.ts";
