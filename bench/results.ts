import { baseId } from "./contenders/index.ts";
import type { Machine } from "./report/machine.ts";
import type { Figures, Sizes } from "./works/work.ts";

/** One run of a work by a contender. */
export interface Sample {
  readonly work: string;
  readonly contender: string;
  /** The runs of one round follow each other. */
  readonly round: number;
  /** Metrics by their ids. */
  readonly figures: Figures;
}

/** Another one whenever what is kept has changed. */
export const format = 2;

/** What `--json` keeps. */
export interface Results {
  readonly format: typeof format;
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly sizes: Sizes;
  /** Names of contenders by their ids, in the order of the tables. */
  readonly contenders: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

/** The values of a metric by rounds; of one that is relative to plain TCP, what is over it in the same round. */
export function series(samples: readonly Sample[], metric: string, contender: string): Map<number, number> {
  const overBase = metric.endsWith("-over-tcp");
  const id = overBase ? metric.slice(0, -"-over-tcp".length) : metric;
  const base = overBase ? series(samples, id, baseId) : undefined;
  const values = new Map<number, number>();
  for (const { contender: of, round, figures } of samples) {
    const value = figures[id];
    if (of !== contender || value === undefined) continue;
    const under = base === undefined ? 0 : base.get(round);
    if (under !== undefined && !(overBase && contender === baseId)) values.set(round, value - under);
  }
  return values;
}
