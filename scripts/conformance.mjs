/**
 * Runs `hawser conformance` against every implementation that there is: this one with either provider, and the ports.
 *
 *     npm run conformance                          all of them
 *     npm run conformance -- --filter server/open  with the options of the command
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const shim = join("dist", "conformance", "shim", "main.js");

/** The system's own: another may come first on the path, without what the port needs. */
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
const implementations = [
  ["this implementation, sodium-native", `node ${shim} --provider=native`],
  ["this implementation, libsodium-wrappers", `node ${shim} --provider=wasm`],
];
const port = join("ports", "python", "shim.py");
if (existsSync(join(root, port))) implementations.push(["the Python port", `${python} ${port}`]);

let failed = 0;
for (const [name, command] of implementations) {
  console.log(`== ${name}`);
  const words = [join("dist", "cli", "main.js"), "conformance", "--exec", command, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) failed++;
}
console.log(`== ${implementations.length - failed} of ${implementations.length} implementations passed`);
process.exitCode = failed === 0 ? 0 : 1;
