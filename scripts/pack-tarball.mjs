// The tarball, and what can be said of it unopened: the files in it, and how tools find their way from `exports` to code
// and types (publint, Are The Types Wrong).

import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { npm, PackageFault } from "./pack-processes.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What no program can import has no declarations: the command, and the layers that only it is made of. */
const isOfCommand = (path) => /^dist\/(cli|conformance|tunnel)\//.test(path);

/**
 * Every file in the tarball is one of these. Tests, sources, maps of sources, this project's own conformance shim and
 * whatever lies about are not.
 */
const wanted = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-LICENSES\.md)$/,
  /^dist\/(?!conformance\/shim\/).+(?<!\.test)\.js$/,
  /^dist\/(?!cli\/|conformance\/|tunnel\/).+(?<!\.test)\.d\.ts$/,
  /^man\/[a-z-]+\.1$/,
];

/**
 * A tarball that is larger holds something by mistake. It has 375 kB: 215 of code, 85 of declarations, 60 of the runner of
 * conformance with its 1,500 cases and the words of what they cite, 15 of licences, pages and the manual. Comments stay in
 * the code, as whoever audits what they have installed reads that.
 */
const maxBytes = 400_000;

/** Packs what `dist/` holds, and looks at it. Gives the tarball's path. */
export function makeTarball(folder) {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [packed] = JSON.parse(npm(args, { cwd: root }).stdout);
  const paths = packed.files.map(({ path }) => path);
  const tarball = join(folder, packed.filename);
  checkFiles(paths);
  if (packed.size > maxBytes)
    throw new PackageFault(`the tarball has ${packed.size} bytes, over ${maxBytes}`);
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `package: ${packed.filename}, ${kilobytes(packed.size)}, unpacked ${kilobytes(packed.unpackedSize)}, ${paths.length} files`,
  );

  npm(["exec", "--offline", "--", "publint", "run", "--strict", tarball], { cwd: root });
  // Resolution as it was before `exports` (node10) no supported Node does. That a require() finds an ES module is meant:
  // these Nodes load it, and pack-run.mjs looks.
  const profile = ["--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm"];
  npm(["exec", "--offline", "--", "attw", ...profile, "--no-definitely-typed", "--no-color", tarball], {
    cwd: root,
  });
  console.log("package: publint and attw have nothing to say");
  return tarball;
}

function checkFiles(paths) {
  const stray = paths.filter((path) => !wanted.some((pattern) => pattern.test(path)));
  if (stray.length > 0) throw new PackageFault(`the tarball should not hold ${stray.join(", ")}`);
  for (const script of paths.filter((path) => path.endsWith(".js"))) {
    const types = script.replace(/\.js$/, ".d.ts");
    if (!isOfCommand(script) && !paths.includes(types))
      throw new PackageFault(`${script} comes without ${types}`);
    if (/^\/\/# sourceMappingURL=/m.test(readFileSync(join(root, script), "utf8"))) {
      throw new PackageFault(`${script} names a source map, which does not come along`);
    }
  }
  for (const path of paths.filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(join(root, path), "utf8");
    for (const [, target = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const types = posix.join(dirname(path), target).replace(/\.[jt]s$/, ".d.ts");
      if (!paths.includes(types)) throw new PackageFault(`${path} names ${types}, which does not come along`);
    }
  }
  const { bin = {}, man = [] } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const needed = [
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "THIRD-PARTY-LICENSES.md",
    ...Object.values(bin),
    man,
  ];
  for (const path of needed.flat().map((name) => name.replace(/^\.\//, ""))) {
    if (!paths.includes(path)) throw new PackageFault(`the tarball does not hold ${path}`);
  }
}
