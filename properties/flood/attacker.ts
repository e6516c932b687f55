/** The flood: connections that stay half-open, say a Hello and no more, come byte by byte, are garbage, or ping and ping. */
import { randomBytes } from "node:crypto";
import { connect as connectRaw, type Socket } from "node:net";
import { connect } from "../../src/net/connect.ts";
import { clientKey, newPair, takeSent } from "../model/pair.ts";
import type { FromAttacker, Order, Rates, ToAttacker } from "./messages.ts";

const made: Record<string, number> = { halfOpen: 0, hello: 0, slow: 0, garbage: 0, spammers: 0 };
let pongs = 0;
let isOver = false;
const timers: NodeJS.Timeout[] = [];
const sockets = new Set<Socket>();
const tell = (message: FromAttacker) => process.send?.(message);

/** A recorded Hello: it costs the server what any other does. */
const hello = Buffer.from(takeSent(newPair().client));
let turn = 0;

function raw({ port, from }: Order): Socket {
  const localAddress = from[turn++ % from.length];
  const socket = connectRaw({
    port,
    host: "127.0.0.1",
    ...(localAddress && { localAddress }),
    allowHalfOpen: true,
  });
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.on("end", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
  socket.resume();
  return socket;
}

const kinds: Record<Exclude<keyof Rates, "spammers">, (order: Order) => void> = {
  halfOpen: (order) => void raw(order),
  hello: (order) => void raw(order).write(hello),
  slow(order) {
    const socket = raw(order);
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at === hello.length) clearInterval(timer);
      else socket.write(hello.subarray(at, ++at));
    }, 100);
  },
  garbage: (order) => void raw(order).write(randomBytes(70_000)),
};

/** So many a second, without making up for turns that were missed: the rate is a bound. */
function keepUp(rate: number, make: () => void): void {
  if (rate > 0) timers.push(setInterval(make, 1_000 / rate));
}

/** Let in as anybody is, it asks for a sign of life, and for the next one a millisecond after it was given one. */
async function spam({ url, from }: Order, number: number): Promise<void> {
  const localAddress = from[number % from.length];
  const socket = await connect(url, { keyPair: clientKey, ...(localAddress && { localAddress }) });
  socket.on("error", () => undefined);
  made["spammers"] = (made["spammers"] ?? 0) + 1;
  while (!isOver && !socket.destroyed) {
    await socket.ping();
    pongs++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.destroy();
}

function begin(order: Order): void {
  const make = (kind: keyof typeof kinds) => {
    made[kind] = (made[kind] ?? 0) + 1;
    kinds[kind](order);
  };
  for (let i = 0; i < order.atOnce; i++) make("halfOpen");
  for (const kind of ["halfOpen", "hello", "slow", "garbage"] as const)
    keepUp(order.rates[kind], () => make(kind));
  for (let i = 0; i < order.rates.spammers; i++) void spam(order, i).catch(() => undefined);
}

process.on("message", (message: ToAttacker) => {
  if (message !== "stop") begin(message);
  else {
    isOver = true;
    for (const timer of timers) clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    tell({ type: "report", made, pongs });
  }
});
process.on("disconnect", () => process.exit());
tell({ type: "ready" });
