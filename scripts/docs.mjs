// npm run docs: the site in build/docs, made of the sources' own comments and of the Markdown in spec/ and docs/. TypeDoc
// wants a page to name its sub-pages; these lists are written here, so that a new guide or decision is in the site by being
// in its folder.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pages = join(root, "build", "docs-pages");

function markdown(folder) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** A page's own title: its first heading. */
function title(path) {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, path), "utf8"));
  if (heading === null) throw new Error(`${path} has no title (a line that begins with "# ")`);
  return heading[1].replaceAll("`", "");
}

/** The specification in the order in which its README lists it, a file or a file's folder. */
function specification() {
  const readme = readFileSync(join(root, "spec", "README.md"), "utf8");
  const place = (path) => {
    const at = readme.indexOf(`](${path.slice("spec/".length).replace("README.md", "")}`);
    return at === -1 ? readme.length : at;
  };
  return [...markdown("spec"), ...markdown("spec/vectors"), ...markdown("spec/model")]
    .filter((path) => path !== "spec/README.md")
    .sort((a, b) => place(a) - place(b));
}

/** Writes the page of a section: an introduction and the pages under it. */
function section(number, name, introduction, paths) {
  const children = paths.map(
    (path) => `  ${JSON.stringify(title(path))}: ${relative(pages, join(root, path))}`,
  );
  const links = paths.map((path) => `- [${title(path)}](${relative(pages, join(root, path))})`);
  writeFileSync(
    join(pages, `${number}-${name.toLowerCase()}.md`),
    [
      "---",
      `title: ${name}`,
      "children:",
      ...children,
      "---",
      `# ${name}`,
      "",
      introduction,
      "",
      ...links,
      "",
    ].join("\n"),
  );
}

rmSync(pages, { recursive: true, force: true });
mkdirSync(pages, { recursive: true });
section(1, "Guides", "What a newcomer reads first, and how to do things.", [
  ...markdown("docs"),
  ...markdown("docs/guides"),
]);
section(2, "Specification", "The protocol, byte by byte.", ["spec/README.md", ...specification()]);
section(
  3,
  "Decisions",
  "Why things are as they are, in the order in which it was decided.",
  markdown("docs/decisions"),
);
section(4, "Project", "Changes, ways to take part, and how to report a vulnerability.", [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
]);

const { status } = spawnSync(process.execPath, [join(root, "node_modules", "typedoc", "bin", "typedoc")], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
