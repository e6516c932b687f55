import type { Case, Role } from "../case.ts";

/** What a run leaves out, and why: identifiers, or beginnings of them, or requirements. */
export type Skips = ReadonlyMap<string, string>;

/** Whether a word names the case: its identifier, a beginning of that up to a slash, or one of its requirements. */
export function names(word: string, one: Case): boolean {
  return one.id === word || one.id.startsWith(`${word}/`) || one.requirements.includes(word);
}

/** The cases of a role that one of the filters names; without a filter all of them. */
export function chosen(
  cases: readonly Case[],
  role: Role | "both",
  filters: readonly string[],
): readonly Case[] {
  return cases.filter(
    (one) =>
      (role === "both" || one.role === role) &&
      (filters.length === 0 || filters.some((filter) => names(filter, one))),
  );
}

/**
 * Reads a file of skips: a line each, an identifier and behind a space the reason. Empty lines and those that begin with
 * `#` say nothing.
 *
 * @throws RangeError for a line without a reason, and for one that names no case
 */
export function parseSkips(text: string, cases: readonly Case[]): Skips {
  const skips = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, word = "", reason = ""] = /^(\S+)\s+(.*\S)/.exec(line) ?? [];
    if (reason === "") throw new RangeError(`line ${i + 1} of the skips has no reason: ${line}`);
    if (!cases.some((one) => names(word, one)))
      throw new RangeError(`line ${i + 1} of the skips names no case: ${word}`);
    skips.set(word, reason);
  }
  return skips;
}

export function skipReason(skips: Skips, one: Case): string | undefined {
  for (const [word, reason] of skips) if (names(word, one)) return reason;
  return undefined;
}
