/** Why: where a cable is cut no FIN ever comes, and whoever waits for one waits for ever. */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  joinIn,
  pattern,
  pipePair,
  readAll,
  serve,
  serveRaw,
  until,
} from "../../properties/net/loopback.ts";
import { accept } from "./accept.ts";
import { connect } from "./connect.ts";
import type { HawserSocket } from "./socket.ts";

const expected = { keyPair: clientKey, serverKey: serverKey.publicKey };

/** A client whose cable is cut once it is connected: nothing passes any more, and nobody is told. */
async function cutOff(options: object): Promise<HawserSocket> {
  const { port } = await serveRaw((raw) => {
    const [near, far] = pipePair();
    raw.pipe(near);
    near.pipe(raw);
    void accept(far, { keyPair: serverKey, authorize: () => true }).then((socket) => {
      socket.on("error", () => undefined);
      raw.unpipe(near);
      near.unpipe(raw);
      raw.pause();
      afterwards(() => socket.destroy());
    });
  });
  const socket = await connect({ ...expected, host: "127.0.0.1", port, ...options });
  afterwards(() => socket.destroy());
  return socket;
}

describe("a peer that is gone without a word", () => {
  const liveness = { pingAfter: 20, timeout: 100 };

  it.each<[string, (socket: HawserSocket) => void]>([
    ["is idle", () => undefined],
    ["writes more than anything takes", (socket) => void socket.write(pattern(16 * 1_048_576))],
    ["has ended its own direction", (socket) => void socket.end("all")],
    ["waits for a Pong of its own", (socket) => void socket.ping().catch(() => undefined)],
    ["waits for a flush", (socket) => void socket.flush().catch(() => undefined)],
  ])("RC-047: is reported in bounded time where this side %s", async (_what, act) => {
    const socket = await cutOff({ liveness });
    const since = performance.now();
    act(socket);
    socket.resume();
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: "ERR_HAWSER_TIMEOUT" });
    expect(performance.now() - since).toBeLessThan(5_000);
    await until(() => socket.closed);
  });

  it("ST-035: and its alert's sender is done after the drain's time", async () => {
    const socket = await cutOff({ drain: { timeout: 50 } });
    const { localPort } = socket;
    expect(localPort).toBeGreaterThan(0);
    socket.write(pattern(16 * 1_048_576));
    socket.destroy();
    await until(() => socket.localPort === undefined);
  });
});

describe("liveness", () => {
  it("does not take the own application's pause for the peer's silence", async () => {
    let atServer: HawserSocket | undefined;
    const server = await serve((socket) => {
      atServer = socket;
      socket.write(Buffer.alloc(8_388_608));
    });
    const socket = await joinIn(server, { liveness: { pingAfter: 10, timeout: 20 } });
    await until(() => socket.readableLength >= socket.readableHighWaterMark);
    const since = performance.now();
    await until(() => performance.now() - since > 100);
    expect(socket.failure).toBeUndefined();
    atServer?.end();
    expect((await readAll(socket)).data).toHaveLength(8_388_608);
  });
});
