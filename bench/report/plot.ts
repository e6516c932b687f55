import { parse, View } from "vega";
import { compile } from "vega-lite";
import { ownId } from "../contenders/index.ts";
import type { Table } from "./table.ts";

/** Colours that stand out on white and on black. Text is one that `themed` looks for. */
const colours = { own: "#2f81f7", alike: "#79b8ff", others: "#8b949e", range: "#57606a", text: "#1f2328" };
const darkText = "#e6edf3";

/** What is drawn, as SVG: a small chart for each metric, its bars the medians, its lines from lowest to highest. */
export async function plot(tables: readonly Table[]): Promise<string> {
  const charts = tables.filter(({ metric }) => metric.isDrawn).map(chart);
  const { spec } = compile({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: null,
    columns: 2,
    spacing: 28,
    concat: charts,
    config: {
      font: "system-ui, sans-serif",
      view: { stroke: null },
      title: { color: colours.text, subtitleColor: colours.text, anchor: "start", fontSize: 13 },
      axis: {
        labelColor: colours.text,
        domain: false,
        ticks: false,
        gridColor: colours.others,
        gridOpacity: 0.3,
      },
    },
  });
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return themed(svg);
}

function chart({ metric, rows }: Table): object {
  const values = rows.map(({ contender, name, summary }) => ({
    name,
    median: summary.median,
    low: summary.low,
    high: summary.high,
    colour: contender === ownId ? colours.own : contender.startsWith(ownId) ? colours.alike : colours.others,
  }));
  const format = rows.some(({ summary }) => summary.high >= 100_000) ? "~s" : ",~f";
  const y = { field: "name", type: "nominal", sort: null, axis: { title: null, labelLimit: 400 } };
  return {
    title: { text: metric.title, subtitle: `${metric.unit}; ${metric.better} is better` },
    width: 220,
    height: { step: 20 },
    data: { values },
    encoding: { y },
    layer: [
      {
        mark: { type: "bar", height: 13 },
        encoding: {
          x: { field: "median", type: "quantitative", axis: { title: null, tickCount: 4, format } },
          color: { field: "colour", type: "nominal", scale: null },
        },
      },
      {
        mark: { type: "rule", color: colours.range, strokeWidth: 2 },
        encoding: { x: { field: "low", type: "quantitative" }, x2: { field: "high" } },
      },
    ],
  };
}

/** An image follows the reader's theme by itself. */
function themed(svg: string): string {
  const dark = `@media (prefers-color-scheme: dark) { [fill="${colours.text}"] { fill: ${darkText} } }`;
  return `${svg.replace(/^<svg[^>]*>/, (tag) => `${tag}<style>${dark}</style>`)}\n`;
}
