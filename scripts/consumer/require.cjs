// Every entry of the installed package, from CommonJS: Node loads ES modules by require() where no module in the graph
// waits at its top level.

const assert = require("node:assert/strict");

const manifest = require("hawser/package.json");
const entries = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
for (const entry of entries) {
  const module = require(entry.replace(".", "hawser"));
  assert.ok(Object.keys(module).length > 0, entry);
}

const hawser = require("hawser");
assert.equal(require("hawser/protocol").ClientChannel, hawser.ClientChannel);

async function main() {
  const imported = await import("hawser");
  assert.equal(imported.ClientChannel, hawser.ClientChannel);
  const { name } = await hawser.loadPrimitives();
  console.log(`Node ${process.version}: require() of ${entries.join(", ")}; ${name}`);
}

void main();
