// A protocol that starts in the clear and switches to Hawser on the same connection, as STARTTLS does in mail.
//
//     node examples/starttls.js
//
// Two rules keep the switch safe. Bytes that were read together with the last clear line belong to Hawser: they are handed
// over as `head`, and never taken for something that was said inside. And a client that wants Hawser hangs up when the
// offer is missing: anybody on the way can take it out.
import { once } from "node:events";
import net from "node:net";
import { accept, connect, generateKeyPair } from "hawser";

const keys = { server: await generateKeyPair(), client: await generateKeyPair() };
const longestLine = 1_000;

/** The next clear line, and what was read behind it. */
async function readLine(raw) {
  let read = Buffer.alloc(0);
  while (read.length < longestLine) {
    const chunk = raw.read();
    if (chunk === null) {
      if (raw.readableEnded || raw.destroyed) break;
      await Promise.race([once(raw, "readable"), once(raw, "close")]);
      continue;
    }
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf("\r\n");
    if (end !== -1) return { line: read.toString("latin1", 0, end), head: read.subarray(end + 2) };
  }
  throw new Error("the other end said no line");
}

const server = net.createServer(async (raw) => {
  raw.on("error", () => undefined);
  try {
    raw.write("200 ready\r\n");
    const { line, head } = await readLine(raw);
    console.log(`server: hears ${line} in the clear`);
    if (line !== "SWITCH hawser") {
      raw.end("500 what?\r\n");
      return;
    }
    raw.write("200 go ahead\r\n");
    const socket = await accept(raw, { head, keyPair: keys.server, authorize: () => true });
    for await (const chunk of socket) console.log(`server: hears ${chunk} within Hawser`);
  } catch (error) {
    console.log(`server: ${error.message}`);
    raw.destroy();
  }
});
await once(server.listen(0, "127.0.0.1"), "listening");

const raw = net.connect(server.address().port, "127.0.0.1");
const greeting = await readLine(raw);
raw.write("SWITCH hawser\r\n");
const offer = await readLine(raw);
console.log(`client: hears ${greeting.line}, ${offer.line}`);
if (offer.line !== "200 go ahead") throw new Error("the server does not switch");

const socket = await connect({
  stream: raw,
  head: offer.head,
  serverKey: keys.server.publicKey,
  keyPair: keys.client,
});
socket.end("the secret");
await once(socket.resume(), "close");
server.close();
