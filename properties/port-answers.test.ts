/**
 * Why: whoever wrote a port from the text alone asked what these cases come to. The text says it now, and this holds the
 * implementation to it.
 */
import { describe, expect, it } from "vitest";
import { localKeyHolder } from "../src/keys/index.ts";
import { accept, connect, createServer, type HawserSocket } from "../src/net/index.ts";
import { UsageError } from "../src/protocol/index.ts";
import {
  absorb,
  delivered,
  joined,
  newEnd,
  newPair,
  openPair,
  outputTypes,
  primitives,
  serverKey,
  takeSent,
  testClient,
  testKey,
  testServer,
} from "./model/pair.ts";
import { pipePair, until } from "./net/loopback.ts";

const text = (words: string) => new TextEncoder().encode(words);

describe("RT-028: a stealthy server whose route has opened with one key and names another", () => {
  it.each([true, false])("hides when the other's key holder fails: %s", (stealth) => {
    const named = testKey("named");
    const client = testClient({ serverKey: named.publicKey, via: serverKey.publicKey });
    const pair = newPair(client, testServer({ stealth, keyHolders: [serverKey, named] }));
    const { channel } = pair.server;
    absorb(pair.server, channel.receive(takeSent(pair.client)), { dh: false });
    absorb(
      pair.server,
      channel.dhDone(serverKey, serverKey.dh(channelKey(pair.server.outputs)) as Uint8Array),
      {
        dh: false,
      },
    );
    expect(pair.server.outputs.at(-1)).toMatchObject({ type: "dh", keyHolder: named });
    absorb(pair.server, channel.dhFailed(named, new Error("gone")));
    expect([channel.state, takeSent(pair.server).length]).toEqual([stealth ? "Hiding" : "Failed", 0]);
    expect(channel.failure?.code).toBe("key_holder_failed");
  });
});

/** The ephemeral key that a server's key holder was asked with. */
function channelKey(outputs: readonly { readonly type: string }[]): Uint8Array {
  const asked = outputs.find(({ type }) => type === "dh") as { readonly publicKey: Uint8Array } | undefined;
  if (asked === undefined) throw new Error("no key holder was asked");
  return asked.publicKey;
}

describe("one read that brings data and a bad record", () => {
  it("RC-059 ST-051: is judged to its end, and the answer to the data comes too late", () => {
    const { client, server } = openPair();
    absorb(client, client.channel.write(text("data")));
    const good = takeSent(client);
    absorb(client, client.channel.write(text("more")));
    const bad = takeSent(client);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    const outputs = server.channel.receive(joined([good, bad]));
    expect(outputTypes(outputs)).toEqual(["data", "transmit", "failed", "endTransport"]);
    expect(server.channel.alert("cancelled")).toEqual([]);
    expect(server.channel.failure?.code).toBe("bad_record");
    // Whoever has these outputs has heard of the end (ST-019).
    expect(() => server.channel.write(text("answer"))).toThrow(UsageError);
  });

  it("RC-026 ST-053: gives a socket's reader the data, and what it answers is dropped and no mistake", async () => {
    const [raw, own] = pipePair();
    const peer = newEnd(testClient());
    absorb(peer, peer.channel.start());
    const told = () => peer.outputs.map(({ type }) => type);
    raw.on("data", (bytes: Buffer) => {
      absorb(peer, peer.channel.receive(bytes));
      if (!told().includes("failed")) raw.write(takeSent(peer));
    });
    raw.write(takeSent(peer));
    const socket = await accept(own, { keyPair: serverKey, authorize: () => true });
    let refused: unknown;
    const answered = new Promise<string>((resolve) =>
      socket.on("data", (data: Buffer) => {
        socket.write("answer", (error) => {
          refused = error;
        });
        resolve(data.toString());
      }),
    );
    const failed = new Promise((resolve) => socket.once("error", resolve));
    await until(() => told().includes("open"));
    absorb(peer, peer.channel.write(text("data")));
    const good = takeSent(peer);
    absorb(peer, peer.channel.write(text("more")));
    const bad = takeSent(peer);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    raw.write(joined([good, bad]));
    expect(await answered).toBe("data");
    expect(await failed).toMatchObject({ code: "ERR_HAWSER_BAD_RECORD" });
    await until(() => told().includes("failed"));
    expect(told().filter((type) => type === "data" || type === "alert")).toEqual(["alert"]);
    expect(refused).not.toBeInstanceOf(UsageError);
  });
});

describe("one read that brings a Ping and an Alert", () => {
  it("AL-022 ST-004 ST-052: has its Pong transmitted before the transport is closed, and nothing after it", () => {
    const { client, server } = openPair();
    absorb(client, client.channel.ping());
    absorb(client, client.channel.alert("going_away"));
    const outputs = server.channel.receive(takeSent(client));
    expect(outputTypes(outputs)).toEqual(["transmit", "alert", "failed", "closeTransport"]);
  });
});

describe("one turn that writes and closes", () => {
  it("RC-036 AL-017 ST-004: transmits all of it before the half-close", () => {
    const { client, server } = openPair();
    absorb(server, server.channel.close());
    absorb(client, client.channel.receive(takeSent(server)));
    const outputs = [...client.channel.write(text("last")), ...client.channel.close()];
    expect(outputTypes(outputs)).toEqual(["transmit", "transmit", "closed", "endTransport"]);
    absorb(client, outputs);
    absorb(server, server.channel.receive(takeSent(client)));
    expect(new TextDecoder().decode(delivered(server))).toBe("last");
  });
});

describe("ST-052: a transport that is closed", () => {
  it("may take a message with it: the Response of a client whose refusal was there already", () => {
    const pair = newPair();
    absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
    absorb(pair.server, pair.server.channel.alert("going_away", "back soon"));
    const outputs: Parameters<typeof outputTypes>[0][number][] = [];
    const { channel } = pair.client;
    const asked = channel.receive(takeSent(pair.server));
    for (const output of asked) {
      if (output.type !== "dh") continue;
      outputs.push(...channel.dhDone(output.keyHolder, output.keyHolder.dh(output.publicKey) as Uint8Array));
    }
    expect(outputTypes(outputs)).toEqual(["transmit", "alert", "failed", "closeTransport"]);
  });
});

describe("two ends that write in bulk and read only between writes", () => {
  const size = 8 * 1_048_576;
  const own = testKey("server").secretKey;

  it("LM-008: both come to their end, as what one writes does not keep it from reading", async () => {
    const keyPair = localKeyHolder(primitives, own.slice());
    const server = createServer({ keyPair, authorize: () => true, allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    try {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
      const accepted = new Promise<HawserSocket>((resolve) => server.once("connection", resolve));
      const socket = await connect({
        host: "127.0.0.1",
        port: address.port,
        keyPair: localKeyHolder(primitives, testKey("client").secretKey.slice()),
        serverKey: keyPair.publicKey,
        allowHalfOpen: true,
      });
      expect(await Promise.all([socket, await accepted].map(bulk))).toEqual([size, size]);
    } finally {
      await server.close();
    }
  });

  /** Writes all at once, and says how much it read. */
  async function bulk(socket: HawserSocket): Promise<number> {
    socket.end(new Uint8Array(size));
    let length = 0;
    for await (const chunk of socket) length += (chunk as Uint8Array).length;
    return length;
  }
});
