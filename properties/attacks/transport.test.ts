/**
 * Why: what the peer said last is often the reason why the transport fails, and is lost with it unless the driver reads on.
 */
import { Duplex } from "node:stream";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Driver, type DriverEvents } from "../../src/net/driver.ts";
import { Transport } from "../../src/net/transport.ts";
import type { ClientChannel } from "../../src/protocol/index.ts";
import { Actor } from "../model/actor.ts";
import { joined, testClient, testServer } from "../model/pair.ts";

type Written = (bytes: Uint8Array, done: (error?: Error) => void) => void;

/** A stream whose other side is the test. */
function streamOf(written: Written): Duplex {
  return new Duplex({
    allowHalfOpen: true,
    read() {},
    write: (chunk: Uint8Array, _encoding, done) => written(chunk, done),
    final: (done) => done(),
  });
}

/** A transport over it, and what it tells, in words. */
function watch(stream: Duplex) {
  const told: string[] = [];
  const transport = new Transport(
    stream,
    { timeout: 1_000, bytes: 1 << 20 },
    {
      data: (bytes) => void told.push(`data ${Buffer.from(bytes).toString()}`),
      ended: () => void told.push("ended"),
      wrote: () => undefined,
      writeFailed: (cause) => void told.push(`write failed: ${(cause as Error).message}`),
      failed: (cause) => void told.push(`failed: ${(cause as Error).message}`),
    },
  );
  transport.start();
  return { transport, told };
}

describe("a transport", () => {
  it("AL-020: is read on after a write has failed, before the failure is told", async () => {
    const stream = streamOf((_bytes, done) => done(new Error("broken pipe")));
    const { transport, told } = watch(stream);
    transport.write(Uint8Array.of(1));
    await turn();
    stream.push("the last ");
    stream.push("word");
    await turn();
    stream.push(null);
    await turn();
    await turn();
    expect(told).toEqual(["write failed: broken pipe", "data the last ", "data word", "failed: broken pipe"]);
  });

  it("AL-019: that fails gives up first what it has read, whether or not anybody was taking it", async () => {
    const stream = streamOf((_bytes, done) => done());
    const { transport, told } = watch(stream);
    transport.wantsInput = false;
    await turn();
    stream.push("the last word");
    stream.destroy(new Error("reset"));
    await turn();
    await turn();
    expect(told).toEqual(["data the last word", "failed: reset"]);
  });
});

describe("a peer that takes nothing any more", () => {
  it("ST-037: is let go after a clean end, once it has taken nothing for the drain deadline", async () => {
    const timeout = 200;
    let isStalled = false;
    const out: Uint8Array[] = [];
    const stream = streamOf((bytes, done) => {
      if (isStalled) return;
      out.push(bytes);
      done();
    });
    const channel = testServer({ now: () => performance.now() });
    const ignored = () => true;
    const events: DriverEvents = {
      peerKey: () => driver.decide({ verdict: "accept" }),
      open: ignored,
      data: ignored,
      end: ignored,
      pong: ignored,
      closed: ignored,
      failed: ignored,
      broken: ignored,
      wrote: ignored,
    };
    const driver = new Driver(channel, stream, { timeout }, events);
    driver.start(undefined);
    const own = testClient();
    const client = new Actor<ClientChannel>(own).do(own.start());
    for (let round = 0; round < 4; round++) {
      stream.push(client.flush());
      await turn();
      await turn();
      client.receive(joined(out.splice(0)));
    }
    expect([client.channel.state, channel.state]).toEqual(["Open", "Open"]);

    isStalled = true;
    driver.write(new Uint8Array(200_000));
    driver.close();
    stream.push(client.do(client.channel.close()).flush());
    await turn();
    await turn();
    expect([channel.state, stream.destroyed]).toEqual(["Closing", false]);
    const since = performance.now();
    while (!stream.destroyed && performance.now() - since < 5_000) await sleep(10);
    expect(performance.now() - since).toBeGreaterThan(timeout / 2);
    expect([stream.destroyed, channel.state]).toEqual([true, "Closed"]);
  });
});
