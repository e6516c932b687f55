// A server that echoes, a client that is let in and one that is not, in a strict TypeScript program of ES modules.

import { strict as assert } from "node:assert";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import {
  AlertError,
  connect,
  createServer,
  generateKeyPair,
  HawserError,
  type HawserErrorCode,
  type HawserServer,
  type HawserSocket,
} from "hawser";
import { formatPublicKey } from "hawser/keys";

const serverKey = await generateKeyPair();
const friend = await generateKeyPair();
const stranger = await generateKeyPair();

const server: HawserServer = createServer(
  { keyPair: serverKey, authorize: (publicKey) => formatPublicKey(publicKey) === friend.publicKeyText },
  (socket) => socket.pipe(socket),
);
await once(server.listen(0, "127.0.0.1"), "listening");

const socket: HawserSocket = await connect(server.url(), { keyPair: friend });
const stream: Duplex = socket;
stream.end("ahoy");
const chunks: Buffer[] = [];
for await (const chunk of socket) chunks.push(chunk as Buffer);
assert.equal(Buffer.concat(chunks).toString(), "ahoy");

const refusal: unknown = await connect(server.url(), { keyPair: stranger }).catch((error: unknown) => error);
assert.ok(refusal instanceof AlertError && refusal instanceof HawserError);
const code: HawserErrorCode = refusal.code;
assert.equal(refusal.alertName, "not_authorized");

await server.close();
console.log(`Node ${process.version}: an echo over ES modules, and ${code} for a stranger`);
