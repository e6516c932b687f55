/** Why: a default that the page of options gets wrong is found by whoever waited for it. */
import { describe, expect, it } from "vitest";
import { pageAsItIs } from "./generated-page.ts";
import { allOptions, optionsPage, page } from "./options.ts";

describe(page, () => {
  it("is what scripts/options.ts makes of the code (npx tsx scripts/options.ts)", () => {
    expect(pageAsItIs(page)).toBe(optionsPage());
  });

  it("has every option there is, by its own name or by its parts'", () => {
    const text = pageAsItIs(page);
    for (const { name } of allOptions()) {
      expect([`\`${name}\``, `\`${name}.`].some((words) => text.includes(words))).toBe(true);
    }
  });
});
