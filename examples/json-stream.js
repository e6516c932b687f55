// A long answer that fails half-way: the client gets what was sent, and next to it the reason why there is no more.
//
//     node examples/json-stream.js
//
// The answer is a JSON document behind a head like HTTP's, without a length: where it ends is said by the end of the
// stream, which nobody on the way can forge. The source of the rows gives up after some, and `pipeline` does the rest: it
// destroys the socket with the error, and an AlertError is told to the peer as it is. Any other error would arrive as
// `internal_error`, without its text.
import { pipeline } from "node:stream/promises";
import { AlertError, connect, createServer, escapeMessage, generateKeyPair } from "hawser";

const keyPair = await generateKeyPair();
const DATABASE_GONE = 0x8001; // From 0x8000 on codes are the application's own.

/** The answer, in pieces; `fails` says where. */
async function* answer(fails) {
  yield "200 OK\r\ncontent-type: application/json\r\n\r\n[";
  for (let id = 0; id < 100_000; id += 1) {
    if (id === fails) throw new AlertError(DATABASE_GONE, `the database went away after ${id} rows`);
    yield `${id === 0 ? "" : ","}\n${JSON.stringify({ id, name: `person ${id}` })}`;
  }
  yield "\n]\n";
}

const server = createServer({ keyPair, authorize: () => true }, async (socket) => {
  try {
    let request = "";
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      request += chunk;
      if (request.includes("\r\n\r\n")) break;
    }
    await pipeline(answer(request.startsWith("GET /all ") ? undefined : 60_000), socket);
    console.log("server: sent all");
  } catch (error) {
    console.log(`server: ${error.message}`);
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

/** Asks, and tells what came of it. */
async function ask(path) {
  console.log(`client: GET ${path}`);
  const socket = await connect(server.url(), { keyPair: await generateKeyPair() });
  let text = "";
  let reason;
  socket.write(`GET ${path} HAWSER\r\n\r\n`);
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    reason = error; // After all the data that came before it.
  }
  const rows = text.match(/"id"/g)?.length ?? 0;
  if (reason === undefined) console.log(`client: all ${rows} rows, and the end of the answer`);
  else if (reason instanceof AlertError) {
    const { alert, words, code } = reason;
    console.log(`client: ${rows > 0 && rows <= 60_000 ? "some" : "no"} rows, and a reason:`);
    console.log(`client: ${code} 0x${alert.toString(16)} "${escapeMessage(words)}"`);
  } else console.log(`client: cut off (${reason.code})`);
}

await ask("/all");
await ask("/flaky");
await server.close();
