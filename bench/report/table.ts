import { ownId } from "../contenders/index.ts";
import { type Metric, metrics } from "../metrics.ts";
import { type Results, series } from "../results.ts";
import { advantage, type Summary, summarise } from "../statistics.ts";

/** A contender's place in a metric. */
export interface Row {
  readonly contender: string;
  readonly name: string;
  readonly summary: Summary;
  /** How many times better Hawser is; not there for itself, nor without it. */
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
export function asMarkdown(all: readonly Table[]): string {
  return all.map(({ metric, rows }) => `${heading(metric)}\n\n${grid(rows)}`).join("\n\n");
}

function heading({ title, unit, better }: Metric): string {
  return `### ${title}, ${unit} (${better} is better)`;
}

function grid(rows: readonly Row[]): string {
  const cells = rows.map(({ contender, name, summary, advantage: times }) => [
    contender === ownId ? `**${name}**` : name,
    number(summary.median),
    `${number(summary.low)} – ${number(summary.high)}`,
    times === undefined ? "" : `${ratio(times.median)} ×`,
    times === undefined ? "" : `${ratio(times.low)} – ${ratio(times.high)}`,
  ]);
  const head = ["", "median", "lowest – highest", "Hawser, × as good", "lowest – highest"];
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
