/**
 * The value below which a share of the values lies, between neighbours by linear interpolation (type 7 of Hyndman and
 * Fan, 1996).
 *
 * @param share 0 to 1
 * @throws RangeError without values
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) throw new RangeError("there is no quantile of nothing");
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle of a few runs, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

/** @throws RangeError without values */
export function summarise(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    low: Math.min(...values),
    high: Math.max(...values),
    runs: values.length,
  };
}

/**
 * How many times better one is than another: the middle of the ratios of runs that were made in the same round, as
 * what else a machine does changes between rounds more than within one.
 *
 * @param isMoreBetter whether larger values are the better ones
 * @throws RangeError without a round that has both
 */
export function advantage(
  own: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
  isMoreBetter: boolean,
): Summary {
  const ratios: number[] = [];
  for (const [round, value] of own) {
    const against = other.get(round);
    if (against !== undefined) ratios.push(isMoreBetter ? value / against : against / value);
  }
  return summarise(ratios);
}
