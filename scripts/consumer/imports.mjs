// Every entry of the installed package, imported. They share one set of classes, so that a key or an error of one entry is
// one of the others.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const { exports } = createRequire(import.meta.url)("hawser/package.json");
const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
const modules = new Map();
for (const entry of entries) modules.set(entry, await import(entry.replace(".", "hawser")));

const whole = modules.get(".");
for (const name of ["connect", "createServer", "generateKeyPair", "HawserError", "AlertError"]) {
  assert.equal(typeof whole[name], "function", name);
}
for (const [entry, module] of modules) {
  const names = Object.keys(module);
  assert.ok(names.length > 0, entry);
  for (const name of names.filter((name) => /^[A-Z]/.test(name))) {
    assert.equal(module[name], whole[name], `${name} of ${entry} and of hawser`);
  }
}
console.log(`Node ${process.version}: import of ${entries.join(", ")}`);
