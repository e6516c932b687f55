// The program of echo.mts in CommonJS.

import assert = require("node:assert/strict");
import events = require("node:events");
import hawser = require("hawser");
import keys = require("hawser/keys");

async function main(): Promise<void> {
  const serverKey = await hawser.generateKeyPair();
  const friend = await hawser.generateKeyPair();

  const server: hawser.HawserServer = hawser.createServer(
    {
      keyPair: serverKey,
      authorize: (publicKey) => keys.formatPublicKey(publicKey) === friend.publicKeyText,
    },
    (socket) => socket.pipe(socket),
  );
  await events.once(server.listen(0, "127.0.0.1"), "listening");

  const socket: hawser.HawserSocket = await hawser.connect(server.url(), { keyPair: friend });
  socket.end("ahoy");
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), "ahoy");

  const stranger = await hawser.generateKeyPair();
  await assert.rejects(hawser.connect(server.url(), { keyPair: stranger }), (error) => {
    assert.ok(error instanceof hawser.AlertError);
    return error.alertName === "not_authorized";
  });

  await server.close();
  console.log(`Node ${process.version}: an echo over CommonJS`);
}

void main();
