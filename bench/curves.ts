import { type Results, series } from "./results.ts";
import { summarise } from "./statistics.ts";

/** A figure that a work gives for each of several amounts. */
export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What the amounts count. */
  readonly of: string;
  readonly scale: "log" | "linear";
}

export const curves: readonly Curve[] = [
  {
    id: "transfers.byte",
    title: "A byte of a transfer",
    unit: "ns",
    of: "bytes of the transfer",
    scale: "log",
  },
  { id: "crowd.connection", title: "One more connection", unit: "ms", of: "connections open", scale: "log" },
  {
    id: "crowd.round-trip",
    title: "A byte and its echo among them",
    unit: "µs",
    of: "connections open",
    scale: "log",
  },
  {
    id: "crowd.memory",
    title: "Heap and buffers for each",
    unit: "KiB",
    of: "connections open",
    scale: "log",
  },
  {
    id: "rekey.message",
    title: "A message, one in each turn",
    unit: "µs",
    of: "messages before",
    scale: "linear",
  },
];

/** The figure's own id at an amount. */
export function at(curve: string, amount: number): string {
  return `${curve}@${amount}`;
}

export interface Line {
  readonly contender: string;
  readonly name: string;
  readonly points: readonly { readonly amount: number; readonly median: number }[];
}

export interface Drawn {
  readonly curve: Curve;
  readonly lines: readonly Line[];
}

/** The curves that were measured: the median of the runs at each amount. */
export function drawn({ samples, contenders }: Results): Drawn[] {
  const all = curves.map((curve): Drawn => {
    const prefix = at(curve.id, 0).slice(0, -1);
    const ids = new Set(
      samples.flatMap(({ figures }) => Object.keys(figures)).filter((id) => id.startsWith(prefix)),
    );
    const amounts = [...ids].map((id) => Number(id.slice(prefix.length))).sort((a, b) => a - b);
    const lines = Object.entries(contenders).map(([contender, name]): Line => {
      const points = amounts.flatMap((amount) => {
        const values = [...series(samples, at(curve.id, amount), contender).values()];
        return values.length === 0 ? [] : [{ amount, median: summarise(values).median }];
      });
      return { contender, name, points };
    });
    return { curve, lines: lines.filter(({ points }) => points.length > 0) };
  });
  return all.filter(({ lines }) => lines.length > 0);
}
