import { requirementTexts } from "../requirements.ts";
import type { Result } from "../run/lane.ts";
import { countOutcomes, type Run } from "../run/run.ts";
import { escaped } from "./escape.ts";
import { grade } from "./json.ts";
import { failure } from "./summary.ts";

/** A run as one page that needs nothing else: no script, nothing loaded. */
export function htmlReport(run: Run): string {
  const counts = countOutcomes(run.results);
  const total = `${counts.passed} passed, ${counts.failed} failed, ${counts.unsupported} not supported, ${counts.skipped} skipped`;
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>hawser conformance</title>",
    `<style>${style}</style>`,
    "<h1>hawser conformance</h1>",
    `<p><code>${escaped(run.command)}</code>, ${run.started.toISOString()}, ${(run.took / 1_000).toFixed(1)} s</p>`,
    `<p><strong>${total}</strong></p>`,
    "<table>",
    "<caption>Each case with its two grades: what the shim said and told, and how it ended the transport.</caption>",
    "<thead><tr><th>case</th><th>outcome</th><th>behaviour</th><th>close</th><th>requirements</th></tr></thead>",
    "<tbody>",
    ...run.results.map(row),
    "</tbody>",
    "</table>",
    "</html>",
    "",
  ].join("\n");
}

function row(result: Result): string {
  const { case: one, outcome, behaviour, close, reason } = result;
  const name = `<code>${escaped(one.id)}</code>`;
  const about =
    outcome === "failed"
      ? `<details open><summary>${name}</summary><pre>${escaped(failure(result))}</pre></details>`
      : `${name}${reason === undefined ? "" : `<br>${escaped(reason)}`}`;
  const requirements = one.requirements.map(
    (id) => `<abbr title="${escaped(requirementTexts[id] ?? "")}">${id}</abbr>`,
  );
  const word = { passed: "passed", failed: "failed", unsupported: "not supported", skipped: "skipped" }[
    outcome
  ];
  return `<tr class="${outcome}"><td>${about}</td><td>${word}</td><td>${grade(behaviour)}</td><td>${grade(close)}</td><td>${requirements.join(" ")}</td></tr>`;
}

const style = [
  ":root{color-scheme:light dark;font-family:system-ui,sans-serif}",
  "body{margin:2rem auto;max-width:80rem;padding:0 1rem}",
  "table{border-collapse:collapse;width:100%}",
  "caption{text-align:start;padding:.5rem 0}",
  "th,td{border-bottom:1px solid #8886;padding:.3rem .6rem;text-align:start;vertical-align:top}",
  "pre{white-space:pre-wrap;overflow-wrap:anywhere}",
  "tr.failed td{background:#f443}",
  "tr.unsupported td,tr.skipped td{background:#fa43}",
].join("");
