// node scripts/pack-run.mjs FOLDER: runs the programs in the projects that `npm run package -- FOLDER` has installed, under
// the Node that runs this. A program that prints anything on stderr, such as a warning, has failed.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { consumerEnvironment, PackageFault, reportFaults, run } from "./pack-processes.mjs";

const programs = [
  ["with-native", "imports.mjs"],
  ["with-native", "require.cjs"],
  ["with-native", "compiled/echo.mjs"],
  ["with-native", "compiled/echo.cjs"],
  ["with-native", "smoke.mjs"],
  ["with-native", "command.mjs"],
  ["with-native", "cluster.mjs"],
  ["without-native", "imports.mjs"],
  ["without-native", "require.cjs"],
  ["without-native", "smoke.mjs", "--without-native"],
  ["without-native", "command.mjs"],
  ["without-native", "cluster.mjs"],
];

export function runPrograms(folder) {
  for (const [project, ...args] of programs) {
    const options = { cwd: join(folder, project), env: consumerEnvironment() };
    const { stdout, stderr } = run(process.execPath, args, options);
    if (stderr !== "") throw new PackageFault(`${args.join(" ")} should not say\n${stderr}`);
    process.stdout.write(`package: ${project}: ${stdout}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await reportFaults(() => {
    const [folder] = process.argv.slice(2);
    if (folder === undefined) throw new PackageFault("which folder? `npm run package -- FOLDER` makes one");
    runPrograms(folder);
  });
}
