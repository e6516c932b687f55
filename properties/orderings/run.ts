/** The tree of orderings, run for a role and told in numbers. */
import type { Role } from "./peer.ts";
import type { Maker } from "./session.ts";
import { starts } from "./starts.ts";
import { type Count, explore, newCount } from "./tree.ts";

/** All orderings of up to `length` from every state of a role, and of one less from the starts that vary one. */
export function exploreAll(role: Role, length: number, maker: Maker): Count {
  const count = newCount();
  for (const start of starts) {
    if (start.making.role === role)
      explore(start, start.isVariant === true ? length - 1 : length, maker, count);
  }
  return count;
}

export function inNumbers(what: string, { orderings, steps, states }: Count): string {
  const lengths = orderings.map((count, length) => `${count} of ${length}`).filter((_, length) => length > 0);
  const all = orderings.reduce((sum, count) => sum + count, 0);
  return `${what}: ${all} orderings (${lengths.join(", ")}), ${steps} steps, ${states.size} states`;
}
