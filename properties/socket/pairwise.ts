/** A choice for each of several questions. */
export type Row<Q extends Record<string, readonly unknown[]>> = { [K in keyof Q]: Q[K][number] };

/** Every pair of answers to two different questions, as text. */
export function pairsOf(row: Record<string, unknown>): string[] {
  const entries = Object.entries(row).map(([name, value]) => `${name}=${String(value)}`);
  return entries.flatMap((one, i) => entries.slice(i + 1).map((other) => `${one}, ${other}`));
}

/** Every pair that the questions have. */
export function allPairs(questions: Record<string, readonly unknown[]>): Set<string> {
  const names = Object.keys(questions);
  const pairs = names.flatMap((one, i) =>
    names
      .slice(i + 1)
      .flatMap((other) =>
        (questions[one] ?? []).flatMap((a) =>
          (questions[other] ?? []).map((b) => `${one}=${a}, ${other}=${b}`),
        ),
      ),
  );
  return new Set(pairs);
}

/**
 * Rows in which every pair of answers comes up at least once, the same ones every time: the greedy way, each row begun
 * with the first pair that is left and filled with whatever brings most of the others.
 */
export function pairwise<Q extends Record<string, readonly unknown[]>>(questions: Q): Row<Q>[] {
  const left = allPairs(questions);
  const rows: Row<Q>[] = [];
  const used = new Map<string, number>();
  while (left.size > 0) {
    const [first = ""] = left;
    const row: Record<string, unknown> = {};
    for (const name of Object.keys(questions).sort((a, b) => rank(first, b) - rank(first, a))) {
      const gain = (value: unknown) => {
        const pairs = pairsOf(inOrder(questions, { ...row, [name]: value }));
        const news = pairs.filter((pair) => left.has(pair)).length;
        // Of answers that bring as much, the one that came up least.
        return news + (names(first, name, value) ? 1_000 : 0) - (used.get(`${name}=${value}`) ?? 0) / 1_000;
      };
      const values = questions[name] ?? [];
      row[name] = values.reduce((best, value) => (gain(value) > gain(best) ? value : best), values[0]);
    }
    const whole = inOrder(questions, row);
    for (const pair of pairsOf(whole)) left.delete(pair);
    for (const [name, value] of Object.entries(whole))
      used.set(`${name}=${value}`, (used.get(`${name}=${value}`) ?? 0) + 1);
    rows.push(whole as Row<Q>);
  }
  return rows;
}

const names = (pair: string, name: string, value: unknown) => pair.split(", ").includes(`${name}=${value}`);
const rank = (pair: string, name: string) =>
  pair.split(", ").some((one) => one.startsWith(`${name}=`)) ? 1 : 0;

function inOrder(questions: Record<string, unknown>, row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(questions)
      .filter((name) => name in row)
      .map((name) => [name, row[name]]),
  );
}
