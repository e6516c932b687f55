import { UsageError } from "../usage-error.ts";

/** The names of options, as the keys of an object: `satisfies Record<keyof X, true>` keeps them those of the type. */
export type OptionNames = Readonly<Record<string, true>>;

/**
 * Refuses an option that nothing reads: a mistyped name would otherwise be as good as none, and the default would hold
 * in its place without a word.
 *
 * @param what whose options these are, as it is shown
 */
export function requireKnown(what: string, options: object | undefined, known: OptionNames): void {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new UsageError(`${what} takes an object of options`);
  }
  for (const name of Object.keys(options ?? {})) {
    if (known[name] === true) continue;
    const near = nearest(name, Object.keys(known));
    throw new UsageError(
      `${name} is no option of ${what}${near.length === 0 ? "" : `: ${near.join(" or ")}?`}`,
    );
  }
}

/** The name that a mistyped one is next to, or else those it is a part of, or that are a part of it. */
function nearest(name: string, known: readonly string[]): readonly string[] {
  const typed = name.toLowerCase();
  const [first] = known
    .map((candidate) => ({ candidate, distance: distance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  if (first !== undefined) return [first.candidate];
  if (typed.length < 3) return [];
  return known.filter((candidate) => {
    const lower = candidate.toLowerCase();
    return lower.includes(typed) || typed.includes(lower);
  });
}

/** How many characters have to be put in, left out or changed to make one text of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
