import { parse, View } from "vega";
import { compile } from "vega-lite";
import { ownId } from "../contenders/index.ts";
import type { Drawn } from "../curves.ts";
import type { Table } from "./table.ts";

/** Colours that stand out on white and on black. Text is one that `themed` looks for. */
const colours = { own: "#2f81f7", alike: "#79b8ff", others: "#8b949e", range: "#57606a", text: "#1f2328" };
/** Of the others, where lines have to be told apart. */
const lineColours = ["#8b949e", "#d29922", "#e3b341", "#bc4c00", "#a371f7", "#3fb950", "#db61a2"];
const darkText = "#e6edf3";

/** What is drawn, as SVG: a small chart for each metric, its bars the medians, its lines from lowest to highest. */
export async function plot(tables: readonly Table[]): Promise<string> {
  return render(tables.filter(({ metric }) => metric.isDrawn).map(chart));
}

/** The curves, each contender a line. */
export async function plotCurves(curves: readonly Drawn[]): Promise<string> {
  return render(curves.map(curveChart));
}

async function render(charts: readonly object[]): Promise<string> {
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

function curveChart({ curve, lines }: Drawn): object {
  const values = lines.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const colour = (contender: string, index: number) =>
    contender === ownId
      ? colours.own
      : contender.startsWith(ownId)
        ? colours.alike
        : lineColours[index % lineColours.length];
  const y = {
    field: "median",
    type: "quantitative",
    scale: { type: "log" },
    axis: { title: null, tickCount: 4 },
  };
  const flat = { ...y, scale: { zero: true } };
  return {
    title: { text: curve.title, subtitle: `${curve.unit}, by ${curve.of}` },
    width: 300,
    height: 180,
    data: { values },
    mark: { type: "line", point: curve.scale === "log", strokeWidth: 2 },
    encoding: {
      x: {
        field: "amount",
        type: "quantitative",
        scale: curve.scale === "log" ? { type: "log" } : { zero: false },
        axis: { title: null, tickCount: 5, format: "~s" },
      },
      y: curve.scale === "log" ? y : flat,
      color: {
        field: "name",
        type: "nominal",
        scale: {
          domain: lines.map(({ name }) => name),
          range: lines.map(({ contender }, i) => colour(contender, i)),
        },
        legend: { title: null, labelColor: colours.text, labelLimit: 400, orient: "bottom", columns: 2 },
      },
    },
  };
}

/** An image follows the reader's theme by itself. */
function themed(svg: string): string {
  const dark = `@media (prefers-color-scheme: dark) { [fill="${colours.text}"] { fill: ${darkText} } }`;
  return `${svg.replace(/^<svg[^>]*>/, (tag) => `${tag}<style>${dark}</style>`)}\n`;
}
