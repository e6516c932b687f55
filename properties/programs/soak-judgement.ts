/** What is sampled of a process while connections come and go, and when that is flat. */

export interface Reading {
  /** Bytes. */
  readonly rss: number;
  /** Bytes that V8 uses on its heap, and what hangs on it outside. */
  readonly heap: number;
  readonly descriptors: number;
}

export interface Course {
  /** Before the load, when each kind of connection has been made once. */
  readonly before: Reading;
  /** At regular intervals under load. */
  readonly during: readonly Reading[];
  /** When all connections are over. */
  readonly after: Reading;
}

const mebibyte = 2 ** 20;

/** What the last third may have over the one before it: a share, and bytes for what an allocator keeps. */
export const allowances = {
  rss: { share: 0.05, bytes: 8 * mebibyte },
  heap: { share: 0.05, bytes: 3 * mebibyte },
} as const;

/** The medians of the second and of the last third of the samples; the first is for warming up. */
export function medians({ during }: Course, of: keyof typeof allowances): readonly [number, number] {
  const third = Math.floor(during.length / 3);
  const middle = (from: number) => median(during.slice(from, from + third).map((reading) => reading[of]));
  return [middle(during.length - 2 * third), middle(during.length - third)];
}

/**
 * What is not flat, in words; nothing where all is.
 *
 * Flat is: the median of the last third is at most the allowance above that of the second third, for RSS and for the
 * heap, and the descriptors are back to what they were.
 */
export function findings(name: string, course: Course): string[] {
  if (course.during.length < 6) return [`${name}: ${course.during.length} samples say nothing`];
  const growths = (["rss", "heap"] as const).flatMap((of) => {
    const [second, last] = medians(course, of);
    const { share, bytes } = allowances[of];
    if (last <= second * (1 + share) + bytes) return [];
    return [`${name}: ${of} has grown from ${inMebibytes(second)} to ${inMebibytes(last)}`];
  });
  const [before, after] = [course.before.descriptors, course.after.descriptors];
  const left = after > before ? [`${name}: ${after} descriptors are open, ${before} were before`] : [];
  return [...growths, ...left];
}

export function inMebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}
