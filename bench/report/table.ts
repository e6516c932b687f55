import { ownId } from "../contenders/index.ts";
import type { Curve, Drawn, Line } from "../curves.ts";
import { type Metric, metrics } from "../metrics.ts";
import { type Results, series } from "../results.ts";
import { advantage, type Summary, summarise } from "../statistics.ts";

/** Whom all others are compared with, and what the tables call it in that. */
export interface Own {
  readonly id: string;
  readonly name: string;
}

const hawser: Own = { id: ownId, name: "Hawser" };

/** A contender's place in a metric. */
export interface Row {
  readonly contender: string;
  readonly name: string;
  readonly summary: Summary;
  /** How many times better Hawser is, or who else is compared with; not there for itself, nor without it. */
  readonly advantage: Summary | undefined;
}

export interface Table {
  readonly metric: Metric;
  readonly rows: readonly Row[];
}

/** A table for each metric that was measured, of those there are. */
export function tables(
  { samples, contenders }: Pick<Results, "samples" | "contenders">,
  of: readonly Metric[] = metrics,
  { id: ownId }: Own = hawser,
): Table[] {
  const all = of.map((metric): Table => {
    const own = series(samples, metric.id, ownId);
    const rows = Object.entries(contenders).flatMap(([contender, name]): Row[] => {
      const values = series(samples, metric.id, contender);
      if (values.size === 0) return [];
      const isCompared = contender !== ownId && [...own.keys()].some((round) => values.has(round));
      return [
        {
          contender,
          name,
          summary: summarise([...values.values()]),
          advantage: isCompared ? advantage(own, values, metric.better === "more") : undefined,
        },
      ];
    });
    return { metric, rows };
  });
  return all.filter(({ rows }) => rows.length > 0);
}

/** The tables as Markdown, or narrow enough for a terminal: the same. */
export function asMarkdown(all: readonly Table[], own: Own = hawser): string {
  return all.map(({ metric, rows }) => `${heading(metric)}\n\n${grid(rows, own)}`).join("\n\n");
}

/** A table for each curve: a column for each amount, but no more of them than a page takes. */
export function curvesAsMarkdown(all: readonly Drawn[]): string {
  return all.map(({ curve, lines }) => `${curveHeading(curve)}\n\n${curveGrid(lines)}`).join("\n\n");
}

function curveHeading({ title, unit, of }: Curve): string {
  return `### ${title}, ${unit}, by ${of}`;
}

const mostColumns = 12;

function curveGrid(lines: readonly Line[]): string {
  const amounts = [...new Set(lines.flatMap(({ points }) => points.map(({ amount }) => amount)))].sort(
    (a, b) => a - b,
  );
  const every = Math.ceil(amounts.length / mostColumns);
  const shown = amounts.filter((_, index) => index % every === 0 || index === amounts.length - 1);
  const rows = lines.map(({ contender, name, points }) => {
    const medians = new Map(points.map(({ amount, median }) => [amount, median]));
    const cells = shown.map((amount) => {
      const median = medians.get(amount);
      return median === undefined ? "" : number(median);
    });
    return [contender === ownId ? `**${name}**` : name, ...cells];
  });
  return aligned(["", ...shown.map(amountText)], rows);
}

/** `64 KiB`, or a count as it is. */
function amountText(amount: number): string {
  const power = Math.floor(Math.log2(amount) / 10);
  const isPowerOfTwo = Number.isInteger(Math.log2(amount));
  if (!isPowerOfTwo || power < 1) return amount.toLocaleString("en-GB");
  return `${amount / 1024 ** power} ${["", "Ki", "Mi", "Gi"][power]}`;
}

function heading({ title, unit, better }: Metric): string {
  return `### ${title}, ${unit} (${better} is better)`;
}

function grid(rows: readonly Row[], own: Own): string {
  const cells = rows.map(({ contender, name, summary, advantage: times }) => [
    contender === own.id ? `**${name}**` : name,
    number(summary.median),
    `${number(summary.low)} – ${number(summary.high)}`,
    times === undefined ? "" : `${ratio(times.median)} ×`,
    times === undefined ? "" : `${ratio(times.low)} – ${ratio(times.high)}`,
  ]);
  return aligned(["", "median", "lowest – highest", `${own.name}, × as good`, "lowest – highest"], cells);
}

/** A table of Markdown, its first column to the left. */
export function aligned(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}

/** Three digits that count. */
export function number(value: number): string {
  const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function ratio(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
