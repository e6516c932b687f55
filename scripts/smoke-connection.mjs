// One connection in memory, from the Hello to both Closes. It needs nothing of Node: smoke.mjs runs it there, and
// consumer/browser.mjs where nothing is left of Node.

import { generateKeyPair } from "hawser/keys";
import { ClientChannel, ServerChannel } from "hawser/protocol";

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (words) => new TextEncoder().encode(words);

function equal(actual, expected) {
  if (String(actual) !== String(expected)) throw new Error(`${actual}, where ${expected} was expected`);
}

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

/** `platform` is what a channel wants besides the primitives: random bytes and a clock. */
export async function connection(primitives, platform) {
  const keys = { client: generateKeyPair(primitives), server: generateKeyPair(primitives) };
  const common = { primitives, ...platform };
  const serverKey = keys.server.publicKey;
  const client = new ClientChannel({ ...common, keyHolder: keys.client, serverKey, context: "smoke" });
  const server = new ServerChannel({ ...common, keyHolders: [keys.server], contexts: ["smoke"] });
  const { said, say } = await connect(client, server);

  equal(client.state, "Open");
  equal(server.state, "Open");
  equal(server.remotePublicKey, keys.client.publicKey);
  equal(client.remotePublicKey, serverKey);
  equal(client.channelBinding, server.channelBinding);
  equal(client.exportKeyingMaterial("smoke", 32), server.exportKeyingMaterial("smoke", 32));

  await say("client", client.write(bytes("ahoy")));
  await say("server", server.write(bytes("aye")));
  await say("client", client.close());
  await say("server", server.close());
  const data = (name) => said[name].filter(({ type }) => type === "data").map((output) => text(output.bytes));
  equal(data("server"), "ahoy");
  equal(data("client"), "aye");
  for (const name of ["client", "server"]) {
    const types = new Set(said[name].map(({ type }) => type));
    equal([types.has("end"), types.has("closed"), types.has("failed")], [true, true, false]);
  }
}
