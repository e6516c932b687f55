// A connection with what a browser has. It is bundled with the package, and says when it has come to its end.

import { loadPrimitives } from "hawser/crypto";
import { connection } from "./smoke-connection.mjs";

const primitives = await loadPrimitives();
if (primitives.name !== "libsodium-wrappers") throw new Error(`${primitives.name} in a browser`);
for (const name of ["process", "Buffer"]) {
  if (name in globalThis) throw new Error(`${name} in a browser`);
}
await connection(primitives, {
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  now: () => performance.now(),
});
const channel = new BroadcastChannel("hawser");
channel.postMessage("done");
channel.close();
