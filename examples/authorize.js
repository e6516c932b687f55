// Who is let in, key by key, and what the others are told: the reason reaches the client in the channel, so that nobody
// has to guess from a connection that closes.
//
//     node examples/authorize.js
import { AlertError, connect, createServer, escapeMessage, formatPublicKey, generateKeyPair } from "hawser";

const names = ["alice", "bob", "carol", "mallory"];
const keys = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await generateKeyPair()])),
);
const PAYMENT_DUE = 0x8001; // From 0x8000 on codes are the application's own.

// By the text of the public key. A file does the same: docs/guides/keys.md.
const accounts = new Map([
  [keys.alice.publicKeyText, { name: "alice" }],
  [keys.bob.publicKeyText, { name: "bob", owes: "since May" }],
  [keys.carol.publicKeyText, { name: "carol", only: "backup" }],
]);

/** The client has proved that the key is its own. */
function authorize(publicKey, { context }) {
  const account = accounts.get(formatPublicKey(publicKey));
  if (account === undefined) return false; // not_authorized
  if (account.owes !== undefined) return { code: PAYMENT_DUE, message: `payment is due ${account.owes}` };
  if (account.only !== undefined && account.only !== context) {
    return { code: "not_authorized", message: `this key is for ${account.only}` };
  }
  return true;
}

const server = createServer(
  { keyPair: await generateKeyPair(), contexts: ["shell", "backup"], authorize },
  (socket) => socket.end(`welcome, ${accounts.get(formatPublicKey(socket.remotePublicKey)).name}`),
);
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

async function visit(name, context) {
  try {
    const socket = await connect(server.url(), { keyPair: keys[name], context });
    let text = "";
    for await (const chunk of socket) text += chunk;
    console.log(`${name}, for ${context}: ${text}`);
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    const { alertName, alert, words } = error;
    const reason = alertName === "application" ? `0x${alert.toString(16)}` : alertName;
    console.log(`${name}, for ${context}: ${reason} "${escapeMessage(words)}"`);
  }
}

await visit("alice", "shell");
await visit("bob", "shell");
await visit("carol", "shell");
await visit("carol", "backup");
await visit("mallory", "shell");
await visit("alice", "games");
await server.close();
