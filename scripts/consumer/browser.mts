// What a page of a browser does with the types of the entries that need nothing of Node.

import { loadPrimitives, type Primitives } from "hawser/crypto";
import { formatPublicKey, generateKeyPair, parseConnectionString } from "hawser/keys";
import { ClientChannel } from "hawser/protocol";

export async function dial(url: string, send: (bytes: Uint8Array) => void): Promise<ClientChannel> {
  const primitives: Primitives = await loadPrimitives({ provider: "wasm" });
  const { serverKey } = parseConnectionString(url);
  if (serverKey === undefined) throw new Error("whose key?");
  const client = new ClientChannel({
    primitives,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    now: () => performance.now(),
    keyHolder: generateKeyPair(primitives),
    serverKey,
  });
  for (const output of client.start()) {
    if (output.type === "transmit") send(output.bytes);
    if (output.type === "failed") throw new Error(output.failure.code);
  }
  document.title = formatPublicKey(serverKey);
  return client;
}
