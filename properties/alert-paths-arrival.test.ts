/**
 * Why: an alert that arrives nearly always is one that nobody can rely upon. A thousand connections, fifty at a time,
 * whose clients go on writing and read late, are given up by their server in the middle of it, and it is counted how
 * many clients have all that came before and the very reason.
 */
import { once } from "node:events";
import { connect as connectRaw } from "node:net";
import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { accept } from "../src/net/accept.ts";
import { connect } from "../src/net/connect.ts";
import { AlertError } from "../src/net/errors.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { clientKey, serverKey } from "./model/pair.ts";
import { afterwards, joinIn, pattern, readAll, serve, serveRaw } from "./net/loopback.ts";
import { runs } from "./seed.ts";
import { NaiveStream } from "./socket/naive-stream.ts";

const attempts = runs(1_000);
const atOnce = 50;
/** When a client begins to read, in milliseconds after it began to write. */
const late = 200;
const chunk = pattern(16_384);
/** Milliseconds between a client's writes: it goes on, whatever becomes of the connection. */
const pace = 8;
/** The longest that a server says before its alert. */
const most = pattern(200_000, 7);
const drain = { bytes: 64 * 1_048_576 };

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a server says to the client of this number before it gives up, and why it does. */
function farewell(number: number) {
  // Mostly more than the client takes before it is asked to, so that the alert waits in its system.
  const least = number % 4 === 0 ? 0 : 160_000;
  const before = most.subarray(0, least + ((number * 7_919) % (most.length - least)));
  return { before, alert: 0x8000 + (number % 0x8000), words: `enough of ${number}` };
}

/** The client says its number first, and is given up with its number's farewell: nothing else of it is read. */
async function giveUp(socket: HawserSocket): Promise<void> {
  const number = await new Promise<number>((resolve) => {
    socket.once("readable", () => resolve((socket.read(4) as Buffer).readUInt32BE()));
  });
  const { before, alert, words } = farewell(number);
  if (before.length > 0) socket.write(before);
  await socket.flush();
  // The client's data is here by then, unread.
  await pause(20);
  socket.destroy(new AlertError(alert, words));
}

/** Whether the client of this number has all that came before the alert, and the alert. */
async function attempt(number: number, client: HawserSocket): Promise<boolean> {
  client.on("error", () => undefined);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(number);
  client.write(head);
  const writing = setInterval(() => {
    if (!client.destroyed && client.failure === undefined && !client.writableNeedDrain) client.write(chunk);
  }, pace);
  client.write(chunk);
  await pause(late);
  // Where there was nothing to be read before the alert it is there already.
  const { data, end } = client.destroyed
    ? { data: Buffer.alloc(0), end: client.errored }
    : await readAll(client);
  clearInterval(writing);
  const { before, alert, words } = farewell(number);
  return data.equals(before) && end instanceof AlertError && end.alert === alert && end.words === words;
}

/** Of so many connections, fifty at a time, the numbers of those whose alert did not arrive. */
async function missing(count: number, join: () => Promise<HawserSocket>): Promise<number[]> {
  const lost: number[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const number = next++;
      const client = await join();
      if (!(await attempt(number, client))) lost.push(number);
      client.destroy();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return lost;
}

describe("G7: an alert arrives, with the data before it", () => {
  it(`SC-007 AL-008 AL-017 AL-020: at ${attempts} of ${attempts} clients that keep writing and read late`, async () => {
    const server = await serve((socket) => void giveUp(socket), { drain });
    const since = performance.now();
    const lost = await missing(attempts, () => joinIn(server));
    console.log(
      `alerts: ${attempts - lost.length} of ${attempts} in ${Math.round(performance.now() - since)} ms`,
    );
    expect(lost).toEqual([]);
  });

  it("and does not, where the sender closes at once and the receiver ends with its first error", async () => {
    const { port } = await serveRaw((raw) => {
      void accept(raw, { keyPair: serverKey, authorize: () => true, drain }).then(async (socket) => {
        socket.on("error", () => undefined);
        socket.on("close", () => raw.destroy());
        await giveUp(socket);
      });
    });
    const lost = await missing(100, async () => {
      const raw = connectRaw({ host: "127.0.0.1", port, allowHalfOpen: true });
      await once(raw, "connect");
      const stream = new NaiveStream(raw);
      const socket = await connect({ stream, keyPair: clientKey, serverKey: serverKey.publicKey });
      afterwards(() => socket.destroy());
      return socket;
    });
    console.log(`alerts, with either end naive: ${100 - lost.length} of 100`);
    expect(lost.length).toBeGreaterThan(20);
  });
});
