/**
 * Why: the text is one web of pages (README → docs → spec → code), and a page that was moved or renamed breaks it in
 * places nobody looks at.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

const pages = [
  ...readdirSync(root),
  ...["docs", "spec"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  ),
].filter((path) => path.endsWith(".md"));

/** The text without what is code: a `[0](x)` there is no link, and a `#` no heading. */
function prose(path: string): string {
  return readFileSync(join(root, path), "utf8")
    .replace(/^(```|~~~).*?^\1/gms, "")
    .replace(/`[^`\n]+`/g, (code) => code.replace(/[[\]()]/g, " "));
}

/** The anchors of a page's headings, as GitHub and TypeDoc's site make them. */
function anchors(path: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ""] of prose(path).matchAll(/^#+ +(.+?) *$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; found.has(anchor); count += 1) anchor = `${slug}-${count}`;
    found.add(anchor);
  }
  return found;
}

/** What is wrong with the links of a page. */
function broken(page: string): string[] {
  const links = [
    ...prose(page).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g),
    ...prose(page).matchAll(/^\[[^\]]+\]: (\S+)/gm),
  ];
  return links.flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (target.startsWith("..")) return [`${link}: outside of the project`];
    if (!existsSync(join(root, target))) return [`${link}: there is no ${target}`];
    if (anchor !== undefined && target.endsWith(".md") && !anchors(target).has(anchor)) {
      return [`${link}: no heading of that name`];
    }
    return [];
  });
}

it.each(pages)("the links of %s lead somewhere", (page) => {
  expect(broken(page)).toEqual([]);
});
