// The types, as programs of users see them that know nothing of this repository's settings: every library file is
// checked too, and each way of finding modules that TypeScript has for the Nodes and bundlers of today is gone.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { run } from "./pack-processes.mjs";

const compiler = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

const node = { target: "ES2022", lib: ["ES2023"], types: ["node"] };
const projects = {
  // Compiled too, for pack-run.mjs: ES modules and CommonJS.
  nodenext: { ...node, module: "nodenext", outDir: "compiled", files: ["echo.mts", "echo.cts"] },
  // Up to Node 18 a CommonJS module could not require() an ES module, so here the compiler refuses that.
  node16: { ...node, module: "node16", noEmit: true, files: ["echo.mts"] },
  bundler: { ...node, module: "preserve", moduleResolution: "bundler", noEmit: true, files: ["echo.mts"] },
  // A browser has none of Node's types, and these entries need none.
  browser: {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: [],
    module: "preserve",
    moduleResolution: "bundler",
    noEmit: true,
    files: ["browser.mts"],
  },
};

/** Compiles FOLDER/with-native/*.mts and *.cts. */
export function checkTypes(folder) {
  const project = join(folder, "with-native");
  for (const [name, { files, ...options }] of Object.entries(projects)) {
    const path = join(project, `tsconfig.${name}.json`);
    const compilerOptions = { strict: true, skipLibCheck: false, ...options };
    writeFileSync(path, JSON.stringify({ compilerOptions, files }));
    run(process.execPath, [compiler, "-p", path], { cwd: project });
  }
  console.log(`package: the types hold for ${Object.keys(projects).join(", ")}`);
}
