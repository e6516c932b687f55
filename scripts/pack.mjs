// npm run package: is what would be published as it should be? Packs it, looks at the tarball, installs that into empty
// projects, and does there what its users do. It wants `dist/`, which `npm run package` builds first.
//
//     npm run package               all of it, under this Node, in a folder that is gone afterwards
//     npm run package -- FOLDER     all but running programs; `node scripts/pack-run.mjs FOLDER` does that, on any Node
//
// Installing asks the registry for what npm's cache does not have.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runInBrowser } from "./pack-browser.mjs";
import { installProjects } from "./pack-install.mjs";
import { reportFaults } from "./pack-processes.mjs";
import { runPrograms } from "./pack-run.mjs";
import { makeTarball } from "./pack-tarball.mjs";
import { checkTypes } from "./pack-types.mjs";

const given = process.argv[2];
const folder = given === undefined ? mkdtempSync(join(tmpdir(), "hawser-package-")) : resolve(given);
await reportFaults(async () => {
  try {
    mkdirSync(folder, { recursive: true });
    const tarball = makeTarball(folder);
    installProjects(folder, tarball);
    checkTypes(folder);
    await runInBrowser(folder);
    if (given === undefined) runPrograms(folder);
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true, force: true });
  }
});
