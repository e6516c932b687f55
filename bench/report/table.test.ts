import { describe, expect, it } from "vitest";
import type { Results, Sample } from "../results.ts";
import { withFigures } from "./page.ts";
import { asMarkdown, number, tables } from "./table.ts";

const names = { tcp: "plain TCP", hawser: "Hawser", tls: "node:tls" };

function sample(work: string, contender: string, round: number, figures: Record<string, number>): Sample {
  return { work, contender, round, figures };
}

const results: Results = {
  format: 2,
  date: "2026-01-02T03:04:05.678Z",
  commit: "0123456789ab",
  machine: { cpu: "A CPU", cores: 2, memory: 8, system: "linux", node: "v20", openssl: "3", load: 0 },
  sizes: {
    bulk: 2 ** 30,
    bulkWarmUp: 2 ** 29,
    write: 65_536,
    messages: 1,
    messagesWarmUp: 7,
    turnMessages: 6,
    roundTrips: 2,
    handshakes: 3,
    concurrentHandshakes: 4,
    handshakeWarmUp: 1,
    firstHandshakes: 2,
    idle: 5,
    transfer: 1,
    crowd: 1,
    rekey: 1,
  },
  contenders: names,
  samples: [
    sample("bulk", "tcp", 0, { "bulk.rate": 3000 }),
    sample("bulk", "hawser", 0, { "bulk.rate": 1000 }),
    sample("bulk", "hawser", 1, { "bulk.rate": 2000 }),
    sample("bulk", "tls", 0, { "bulk.rate": 500 }),
    sample("bulk", "tls", 1, { "bulk.rate": 500 }),
    sample("handshakes", "tcp", 0, { "handshakes.cpu": 0.5 }),
    sample("handshakes", "hawser", 0, { "handshakes.cpu": 1.5 }),
    sample("handshakes", "tls", 0, { "handshakes.cpu": 4.5 }),
  ],
};

const table = (id: string) => {
  const found = tables(results).find(({ metric }) => metric.id === id);
  return Object.fromEntries((found?.rows ?? []).map((row) => [row.contender, row]));
};

describe("tables", () => {
  it("has those metrics alone that were measured", () => {
    expect(tables(results).map(({ metric }) => metric.id)).toEqual([
      "bulk.rate",
      "handshakes.cpu",
      "handshakes.cpu-over-tcp",
    ]);
  });

  it("compares with Hawser within rounds, and Hawser with nobody", () => {
    const { hawser, tls, tcp } = table("bulk.rate");
    expect(hawser?.summary).toEqual({ median: 1500, low: 1000, high: 2000, runs: 2 });
    expect(hawser?.advantage).toBeUndefined();
    expect(tls?.advantage).toEqual({ median: 3, low: 2, high: 4, runs: 2 });
    expect(tcp?.advantage).toEqual({ median: 1 / 3, low: 1 / 3, high: 1 / 3, runs: 1 });
  });

  it("counts less as better where it is, and takes off plain TCP's part", () => {
    expect(table("handshakes.cpu")["tls"]?.advantage?.median).toBe(3);
    const over = table("handshakes.cpu-over-tcp");
    expect(Object.keys(over)).toEqual(["hawser", "tls"]);
    expect(over["tls"]?.summary.median).toBe(4);
    expect(over["tls"]?.advantage?.median).toBe(4);
  });

  it("compares with nobody where Hawser was left out", () => {
    const without = {
      ...results,
      samples: results.samples.filter(({ contender }) => contender !== "hawser"),
    };
    expect(tables(without).flatMap(({ rows }) => rows.map(({ advantage }) => advantage))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  it("shows them as Markdown", () => {
    const [first = ""] = asMarkdown(tables(results)).split("\n\n### ");
    expect(first).toBe(
      [
        "### Bulk throughput, MB/s (more is better)",
        "",
        "|            | median | lowest – highest | Hawser, × as good | lowest – highest |",
        "|------------|-------:|-----------------:|------------------:|-----------------:|",
        "| plain TCP  |  3,000 |    3,000 – 3,000 |            0.33 × |      0.33 – 0.33 |",
        "| **Hawser** |  1,500 |    1,000 – 2,000 |                   |                  |",
        "| node:tls   |    500 |        500 – 500 |            3.00 × |      2.00 – 4.00 |",
      ].join("\n"),
    );
  });
});

describe("number", () => {
  it.each([
    [0.01234, "0.012"],
    [0.5, "0.500"],
    [1.2345, "1.23"],
    [12.345, "12.3"],
    [123.45, "123"],
    [1_234_567.8, "1,234,568"],
    [0, "0.00"],
    [-12.345, "-12.3"],
  ])("shows %f as %s", (value, text) => {
    expect(number(value)).toBe(text);
  });
});

describe("withFigures", () => {
  const page = "Before.\n\n<!-- generated: figures -->\nold\n<!-- end generated -->\n\nAfter.\n";

  it("puts the figures between the marks, and can do it again", () => {
    const once = withFigures(page, results, tables(results));
    expect(once).toMatch(/^Before\.\n\n<!-- generated.*\n\n<!-- end generated -->\n\nAfter\.\n$/s);
    expect(once).not.toContain("old");
    expect(once).toContain("2026-01-02, commit 0123456789ab, medians of 2 runs.");
    expect(once).toContain("| node:tls   |    500 |");
    expect(withFigures(once, results, tables(results))).toBe(once);
  });

  it("says so when the machine had other work", () => {
    const busy = { ...results, machine: { ...results.machine, load: 3 } };
    expect(withFigures(page, results, [])).not.toContain("other work");
    expect(withFigures(page, busy, [])).toContain("The machine had other work meanwhile");
  });

  it("refuses a page without marks", () => {
    expect(() => withFigures("Words.", results, [])).toThrow("has no lines");
  });
});
