// The tarball in projects that had nothing: one with all that it brings along, one without what is optional. They lie
// outside of this repository, where Node would go on to its node_modules and find there what is missing.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { consumerEnvironment, npm, PackageFault } from "./pack-processes.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Installs FOLDER/with-native and FOLDER/without-native, with the programs of `consumer/` in each. */
export function installProjects(folder, tarball) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // What a TypeScript project for Node has of its own.
  const nodeTypes = `@types/node@${devDependencies["@types/node"]}`;
  install(join(folder, "with-native"), [tarball, nodeTypes], true);
  install(join(folder, "without-native"), [tarball, "--omit=optional"], false);
}

function install(project, args, hasNative) {
  const start = Date.now();
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ name: "consumer", private: true })}\n`);
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  npm(["install", ...args, ...quiet], { cwd: project, env: consumerEnvironment() });
  cpSync(join(root, "scripts", "consumer"), project, { recursive: true });
  for (const name of ["smoke.mjs", "smoke-connection.mjs"]) {
    cpSync(join(root, "scripts", name), join(project, name));
  }

  // npm's own record of what it installed; a package with a binding.gyp has an install script there too.
  const record = join(project, "node_modules", ".package-lock.json");
  const packages = Object.entries(JSON.parse(readFileSync(record, "utf8")).packages);
  const withScripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  if (withScripts.length > 0)
    throw new PackageFault(`these run scripts when installed: ${withScripts.join(", ")}`);
  const paths = packages.map(([path]) => path);
  if (paths.includes("node_modules/sodium-native") !== hasNative) {
    throw new PackageFault(`${project} ${hasNative ? "lacks" : "has"} sodium-native`);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  const which = hasNative ? "with" : "without";
  console.log(
    `package: installed ${which} sodium-native, ${paths.length} packages, in ${seconds} s; none runs a script when installed`,
  );
}
