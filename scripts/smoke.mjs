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
import {
  ClientChannel,
  loadPrimitives,
  localKeyHolder,
  readSecretKeyFile,
  writeSecretKeyFile,
} from "hawser";
import { generateKeyPair } from "hawser/keys";
import * as protocol from "hawser/protocol";

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (words) => new TextEncoder().encode(words);

/** Hands what each end transmits to the other until both are silent, and answers what they ask. */
async function connect(client, server) {
  const said = { client: [], server: [] };
  const pending = [["client", client.start()]];
  const drive = async (name, channel, other, outputs) => {
    for (const output of outputs) {
      said[name].push(output);
      if (output.type === "transmit") {
        const otherName = name === "client" ? "server" : "client";
        pending.push([name, channel.flushed()]);
        if (other.reading) pending.push([otherName, other.receive(output.bytes)]);
      } else if (output.type === "dh") {
        pending.push([name, channel.dhDone(output.keyHolder, await output.keyHolder.dh(output.publicKey))]);
      } else if (output.type === "peerKey" && name === "server") {
        pending.push([name, channel.accept()]);
      }
    }
  };
  const settle = async () => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [name, outputs] = next;
      await (name === "client" ? drive(name, client, server, outputs) : drive(name, server, client, outputs));
    }
  };
  await settle();
  const say = (name, outputs) => {
    pending.push([name, outputs]);
    return settle();
  };
  return { said, say };
}

async function connection(primitives) {
  const keys = { client: generateKeyPair(primitives), server: generateKeyPair(primitives) };
  const common = { primitives, randomBytes, now: () => performance.now() };
  const serverKey = keys.server.publicKey;
  const client = new ClientChannel({
    ...common,
    keyHolder: keys.client,
    serverKey,
    context: "smoke",
  });
  const server = new protocol.ServerChannel({ ...common, keyHolders: [keys.server], contexts: ["smoke"] });
  const { said, say } = await connect(client, server);

  assert.equal(client.state, "Open");
  assert.equal(server.state, "Open");
  assert.deepEqual(server.remotePublicKey, keys.client.publicKey);
  assert.deepEqual(client.remotePublicKey, serverKey);
  assert.deepEqual(client.channelBinding, server.channelBinding);
  assert.deepEqual(client.exportKeyingMaterial("smoke", 32), server.exportKeyingMaterial("smoke", 32));

  await say("client", client.write(bytes("ahoy")));
  await say("server", server.write(bytes("aye")));
  await say("client", client.close());
  await say("server", server.close());
  const data = (name) => said[name].filter(({ type }) => type === "data").map((output) => text(output.bytes));
  assert.deepEqual(data("server"), ["ahoy"]);
  assert.deepEqual(data("client"), ["aye"]);
  for (const name of ["client", "server"]) {
    const types = said[name].map(({ type }) => type);
    assert.ok(types.includes("end") && types.includes("closed"), `${name}: ${types.join(" ")}`);
    assert.ok(!types.includes("failed"));
  }
}

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
  await connection(primitives);
  await keyFile(primitives);
}
const names = providers.map(({ name }) => name).join(" and ");
console.log(`smoke: Node ${process.version}, ${names}: a connection and a key file`);
