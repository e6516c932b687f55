/** Why: a manual page that is not that of the program is worse than none. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMAND_ERRORS } from "../src/cli/errors.ts";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { manPage, page } from "./man-page.ts";

const root = join(import.meta.dirname, "..");
const guide = readFileSync(join(root, "docs/guides/command.md"), "utf8");

describe("man/hawser.1", () => {
  it("is what the command's definitions make of it (npx tsx scripts/man-page.ts)", () => {
    expect(readFileSync(join(root, page), "utf8")).toBe(manPage());
  });

  it("is where the package says", () => {
    const { man, files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(man).toBe(`./${page}`);
    expect(files).toContain("man");
  });

  it("has no line that roff would take for a request, and no bare backslash", () => {
    const requests = new Set([
      ".TH",
      ".SH",
      ".SS",
      ".PP",
      ".TP",
      ".B",
      ".BR",
      ".I",
      ".br",
      ".nf",
      ".fi",
      ".RS",
      ".RE",
      '.\\"',
    ]);
    for (const line of manPage().split("\n")) {
      if (/^[.']/.test(line)) expect([...requests]).toContain(line.split(" ")[0]);
      else expect(line).not.toMatch(/\\(?![-e&])/);
    }
  });
});

describe("docs/guides/command.md", () => {
  it("lists the exit codes as they are", () => {
    const rows = [...guide.matchAll(/^\| (\d+) \| (.+?) \|$/gm)].map(([, code, text]) => [code, text]);
    expect(rows).toEqual(Object.entries(EXIT_CODES));
  });

  it("lists the command's own errors as they are", () => {
    const rows = [...guide.matchAll(/^\| `(ERR_HAWSER_\w+)` \| (.+?) \|$/gm)].map(([, code, text]) => [
      code,
      text,
    ]);
    expect(rows).toEqual(Object.entries(COMMAND_ERRORS));
  });
});
