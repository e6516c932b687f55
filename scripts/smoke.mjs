// The built package, as whoever installs it meets it: one connection in memory from the Hello to both Closes, and a key
// that goes to a file and back, with each provider of the primitives. Run under every Node that is supported.
//
// `--without-native`: sodium-native is not there, and the package does without it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { ClientChannel, loadPrimitives, localKeyHolder, readSecretKeyFile, writeSecretKeyFile } from "hawser";
import { generateKeyPair } from "hawser/keys";
import * as protocol from "hawser/protocol";
import { connection } from "./smoke-connection.mjs";

async function keyFile(primitives) {
  const folder = mkdtempSync(join(tmpdir(), "hawser-smoke-"));
  try {
    const path = join(folder, "key");
    const holder = generateKeyPair(primitives);
    await writeSecretKeyFile(path, holder);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
    const again = localKeyHolder(primitives, await readSecretKeyFile(path));
    assert.equal(again.publicKeyText, holder.publicKeyText);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const withoutNative = process.argv.includes("--without-native");
assert.equal(ClientChannel, protocol.ClientChannel);
const automatic = await loadPrimitives();
assert.equal(automatic.name, withoutNative ? "libsodium-wrappers" : "sodium-native");
const providers = [automatic];
if (!withoutNative) providers.push(await loadPrimitives({ provider: "wasm" }));
for (const primitives of providers) {
  await connection(primitives, { randomBytes, now: () => performance.now() });
  await keyFile(primitives);
}
const names = providers.map(({ name }) => name).join(" and ");
console.log(`smoke: Node ${process.version}, ${names}: a connection and a key file`);
