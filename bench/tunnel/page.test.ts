/** Why: two commands write into one page, each its own part. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { withTunnels } from "./page.ts";

const page = readFileSync("docs/performance.md", "utf8");

it("puts the part about tunnels anew, and leaves all else as it is", () => {
  const once = withTunnels(page, "tables");
  expect(once).toContain("<!-- generated: tunnel -->\n\ntables\n\n<!-- end generated -->");
  expect(withTunnels(once, "tables")).toBe(once);
  const [before, after] = once.split("tables", 2) as [string, string];
  expect(page.startsWith(before)).toBe(true);
  expect(page.endsWith(after.slice(after.indexOf("<!-- end")))).toBe(true);
  expect(before).toContain("<!-- generated: figures -->");
});

it("says so where the page has no such part", () => {
  expect(() => withTunnels("# Performance", "tables")).toThrow("<!-- generated: tunnel -->");
});
