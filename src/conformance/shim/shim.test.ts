/** Why: the runner believes what a shim says of its implementation, so what ours says has to be what happened. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { clientKey, primitives, serverKey, testKey } from "../../../properties/model/pair.ts";
import { readAll } from "../../../properties/net/loopback.ts";
import { accept, connect, type HawserSocket } from "../../net/index.ts";
import { parseCase, UnknownFlag } from "./flags.ts";
import { hexOf } from "./hex.ts";
import { type Line, play } from "./play.ts";

const secret = (name: string): string => hexOf(new TextEncoder().encode(`TEST KEY ${name}`.padEnd(32, ".")));
const publicKeyOf = (hex: string): Uint8Array =>
  primitives.x25519PublicKey(Uint8Array.from(Buffer.from(hex, "hex")));
const clientSecret = secret("client shim");
const serverSecret = secret("server shim");
const asClient = ["--role=client", `--secret=${clientSecret}`];
const asServer = ["--role=server", `--secret=${serverSecret}`];
const knowsServer = `--server-key=${hexOf(serverKey.publicKey)}`;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Played {
  readonly lines: readonly Line[];
  readonly code: number;
}

/** Plays a case in this process, with `peer` at the other end of its one connection. */
async function played(flags: readonly string[], peer: (socket: Socket) => Promise<void>): Promise<Played> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket)).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const lines: Line[] = [];
  const connected = once(server, "connection") as Promise<[Socket]>;
  const playing = play(parseCase([...flags, `--port=${port}`]), primitives, (line) => lines.push(line));
  const [socket] = await connected;
  socket.on("error", () => undefined);
  await peer(socket);
  const code = await playing;
  expect(sockets).toHaveLength(1); // CF-003
  for (const one of sockets) one.destroy();
  server.close();
  return { lines, code };
}

const events = ({ lines }: Played): unknown[] => lines.map(({ event }) => event);
const line = ({ lines }: Played, event: string): Line | undefined =>
  lines.find((one) => one["event"] === event);

/** A peer that is a client of the server that the shim plays. */
const client = (talk: (socket: HawserSocket) => Promise<void>) => async (stream: Socket) => {
  await talk(await connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) }));
};
const server = (talk: (socket: HawserSocket) => Promise<void>) => async (stream: Socket) => {
  await talk(await accept(stream, { keyPair: serverKey, authorize: () => true, allowHalfOpen: true }));
};
const failing = (begun: Promise<unknown>) =>
  begun.then(
    () => undefined,
    (error: Error) => error,
  );
async function says(socket: HawserSocket, text: string): Promise<void> {
  socket.end(text);
  expect((await readAll(socket)).data.toString()).toBe(text);
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("CF-002, CF-004: the flags of a case", () => {
  it("have defaults", () => {
    expect(parseCase(["--role=server", "--port=1"])).toMatchObject({
      handshakeTimeout: 2_000,
      drain: { timeout: 500, bytes: 1_048_576 },
      when: "open",
      counter: 0n,
      contexts: undefined,
    });
  });

  it("are taken in any order, some more than once", () => {
    const one = parseCase([
      "--secret=01",
      "--port=7",
      "--context=",
      "--context=61",
      "--secret=02",
      "--role=server",
    ]);
    expect(one.secrets).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(one.contexts).toEqual(["", "a"]);
  });

  it.each([
    ["--no-such-flag"],
    ["--mute=1"],
    ["--send"],
    ["--send=ten"],
    ["--send=1", "--send=2"],
    ["--secret=0G"],
    ["--secret=ABCD"],
    ["--role=neither"],
    ["--when=never"],
    ["mute"],
  ])("that it does not know are not supported: %s", (...flags) => {
    expect(() =>
      parseCase([...flags, "--port=1", ...(flags[0]?.startsWith("--role") ? [] : ["--role=client"])]),
    ).toThrow(UnknownFlag);
  });
});

describe("the application of a shim", () => {
  it("CF-006, CF-010, CF-011, CF-013: a server lets in, echoes, closes last, and says so", async () => {
    let binding = "";
    const result = await played(
      asServer,
      client(async (socket) => {
        binding = hexOf(socket.exportKeyingMaterial("hawser conformance", 32));
        await says(socket, "hello");
      }),
    );
    expect(events(result)).toEqual(["peerKey", "open", "end", "closed", "done"]);
    expect(line(result, "peerKey")).toEqual({
      event: "peerKey",
      key: hexOf(clientKey.publicKey),
      context: "",
    });
    expect(line(result, "open")).toMatchObject({ exporter: binding });
    const digest = { length: 5, sha256: sha256("hello") };
    expect(line(result, "end")).toEqual({ event: "end", ...digest });
    expect(line(result, "done")).toEqual({ event: "done", code: 0, ...digest });
    expect(result.code).toBe(0);
  });

  it("CF-006: a client trusts on first use, and echoes", async () => {
    const result = await played(
      asClient,
      server((socket) => says(socket, "hello, client")),
    );
    expect(events(result)).toEqual(["peerKey", "open", "end", "closed", "done"]);
    expect(line(result, "peerKey")).toMatchObject({ key: hexOf(serverKey.publicKey), context: null });
  });

  it("CF-007: a client sends early and closes first, with its Response", async () => {
    const result = await played(
      [...asClient, knowsServer, "--send=300", "--close-first"],
      server(async (socket) => {
        const { data } = await readAll(socket);
        expect([...data]).toEqual(Array.from({ length: 300 }, (_, i) => i % 251));
        socket.end("not echoed");
      }),
    );
    expect(line(result, "done")).toMatchObject({ code: 0, sha256: sha256("not echoed") });
  });

  it("CF-007: a server sends and closes first at open", async () => {
    const result = await played(
      [...asServer, "--send=2", "--close-first"],
      client(async (socket) => {
        expect([...(await readAll(socket)).data]).toEqual([0, 1]);
        await pause(20);
        socket.end("after its end");
      }),
    );
    expect(events(result)).toEqual(["peerKey", "open", "end", "closed", "done"]);
  });

  it("CF-006: writes late and closes where it lingers", async () => {
    await played(
      [...asServer, "--linger=30", "--mute"],
      client(async (socket) => {
        socket.end("muted");
        expect((await readAll(socket)).data.toString()).toBe("late");
      }),
    );
  });

  it.each([
    ["start", 0],
    ["peerKey", 32_768],
    ["open", 32_768],
    ["data", 32_768],
    ["end", 32_768],
  ])("CF-008: gives up at %s, once, and writes nothing afterwards", async (when, alert) => {
    const flags = [
      ...asServer,
      "--alert=32768",
      `--when=${when}`,
      `--words=${hexOf(new TextEncoder().encode("✋"))}`,
    ];
    const result = await played(flags, async (stream) => {
      let error: unknown;
      const listening = client(async (socket) => {
        socket.end("x");
        error = (await readAll(socket)).end;
      })(stream);
      const early = await failing(listening);
      error ??= early;
      if (alert !== 0) expect(error).toMatchObject({ alert, words: "✋" });
    });
    expect(line(result, "failed")).toEqual({ event: "failed", kind: "cancelled", code: null });
    expect(result.code).toBe(1);
  });

  it("CF-005: an error of configuration is an end of its own, and nothing is sent", async () => {
    const sent: Buffer[] = [];
    const result = await played([...asClient, knowsServer, `--via=${"00".repeat(32)}`], async (stream) => {
      stream.on("data", (bytes) => sent.push(bytes));
      await once(stream, "end");
      stream.end();
    });
    expect(sent).toEqual([]);
    expect(result.lines[0]).toEqual({ event: "failed", kind: "configuration", code: null });
    expect(events(result)).toEqual(["failed", "done"]);
  });

  it("CF-009: stops reading while its echo waits", async () => {
    const most = 400 * 65_536;
    let left = 0;
    await played(asServer, async (stream) => {
      const socket = await connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) });
      socket.on("error", () => undefined);
      socket.pause();
      socket.write(Buffer.alloc(most));
      await pause(500);
      left = socket.writableLength;
      stream.destroy();
    });
    expect(left).toBeGreaterThan(most / 4);
  });
});

describe("CF-012, CF-014: what a shim says of an end", () => {
  const raw =
    (bytes: Uint8Array, ends = true) =>
    async (stream: Socket) => {
      stream.resume();
      stream.write(bytes);
      if (ends) stream.end();
      await pause(20);
    };
  const zeros = (length: number) => new Uint8Array(length);

  it.each<[string, readonly string[], (stream: Socket) => Promise<void>, string, number | null]>([
    ["not Hawser's bytes", asServer, raw(zeros(88)), "not_hawser", null],
    [
      "another version",
      asServer,
      raw(new TextEncoder().encode("HWSR\u0002\u0001\u0000\u0000")),
      "unsupported_header",
      null,
    ],
    ["half a Hello", asServer, raw(new TextEncoder().encode("HWSR\u0001")), "truncated", null],
    ["anything in stealth mode", [...asServer, "--stealth"], raw(zeros(88)), "hidden", null],
    ["silence", [...asServer, "--handshake-timeout=30"], raw(zeros(0), false), "timeout", null],
    ["no answer", asClient, raw(zeros(0)), "no_answer", null],
    ["a hint", asClient, raw(new TextEncoder().encode("HWSR\u0001\u0001\u0000\u0000")), "hint", null],
    ["a bad Challenge", asClient, raw(zeros(98)), "bad_challenge", null],
    [
      "another server",
      [...asClient, `--server-key=${hexOf(testKey("nobody").publicKey)}`],
      async (stream) => void (await failing(accept(stream, { keyPair: serverKey, authorize: () => true }))),
      "server_key_mismatch",
      null,
    ],
    [
      "being refused",
      [...asClient, knowsServer],
      async (stream) => void (await failing(accept(stream, { keyPair: serverKey, authorize: () => false }))),
      "alert_received",
      3,
    ],
    [
      "refusing",
      [...asServer, "--refuse=3"],
      async (stream) =>
        void (await failing(connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) }))),
      "denied",
      null,
    ],
    [
      "not trusting",
      [...asClient, "--refuse=12", "--decide-after=10"],
      async (stream) => void (await failing(accept(stream, { keyPair: serverKey, authorize: () => true }))),
      "untrusted",
      null,
    ],
    [
      "a limit",
      [...asServer, "--limit=9"],
      async (stream) =>
        void (await failing(connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) }))),
      "hello_refused",
      null,
    ],
    [
      "a cut",
      [...asServer, "--dh-after=5"],
      async (stream) => {
        const socket = await connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) });
        socket.on("error", () => undefined);
        stream.resetAndDestroy();
      },
      "truncated",
      null,
    ],
  ])("%s", async (_, flags, peer, kind, code) => {
    const result = await played([...flags, "--drain-timeout=50"], peer);
    expect(line(result, "failed")).toEqual({ event: "failed", kind, code });
    expect(events(result).slice(-2)).toEqual(["failed", "done"]);
    expect(result.code).toBe(1);
    if (kind === "alert_received") expect(line(result, "alert")).toMatchObject({ code });
  });
});

describe("fixed randomness and counters", () => {
  it("CF-003: a Hello is the same for the same random bytes, route included", async () => {
    const hellos: string[] = [];
    const take = async (stream: Socket) => {
      hellos.push(hexOf(await readOnce(stream, 88)));
      stream.end();
    };
    const random = `--random=${secret("client ephemeral")}${"5a".repeat(48)}`;
    await played([...asClient, random], take);
    await played([...asClient, random], take);
    await played(asClient, take);
    expect(hellos[0]).toBe(hellos[1]);
    expect(hellos[0]?.endsWith("5a".repeat(48))).toBe(true);
    expect(hellos[2]).not.toBe(hellos[0]);
  });

  it("CF-014: at the last counter a record is internal_error, and the end nonces_exhausted", async () => {
    const ends: Played[] = [];
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const counter = "--counter=18446744073709551614";
    const both = once(server, "connection").then(async ([one]) => {
      const [other] = (await once(server, "connection")) as [Socket];
      (one as Socket).pipe(other).pipe(one as Socket);
    });
    await Promise.all(
      [
        [...asServer, counter, "--send=1"],
        [...asClient, `--server-key=${hexOf(publicKeyOf(serverSecret))}`, counter],
      ].map(async (flags) => {
        const lines: Line[] = [];
        const code = await play(parseCase([...flags, `--port=${port}`]), primitives, (one) =>
          lines.push(one),
        );
        ends.push({ lines, code });
      }),
    );
    await both;
    server.close();
    expect(ends.map((end) => line(end, "failed")?.["kind"]).sort()).toEqual([
      "alert_received",
      "nonces_exhausted",
    ]);
    expect(ends.flatMap((end) => line(end, "alert")?.["code"] ?? [])).toEqual([1]);
  });
});

describe("the program", () => {
  it("CF-001, CF-013: plays cases from its standard input in one process, or the one of its flags", async () => {
    const listening = createServer({ allowHalfOpen: true }, (stream) => {
      void connect({ stream, keyPair: clientKey, serverKey: publicKeyOf(serverSecret) }).then((socket) =>
        says(socket, "again"),
      );
    }).listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    const flags = [...asServer, `--port=${port}`];
    const many = await run(
      ["--provider=wasm", "--cases"],
      `${flags.join(" ")}\n${flags.join(" ")} --fly\n${flags.join(" ")}\n`,
    );
    expect(many.lines.flatMap((one) => (one["event"] === "done" ? one["code"] : []))).toEqual([0, 89, 0]);
    expect(many.code).toBe(0);
    const single = await run(flags, "");
    expect(single.code).toBe(0);
    const unknown = await run([...flags, "--fly"], "");
    expect(unknown).toEqual({
      code: 89,
      lines: [{ event: "done", code: 89, length: 0, sha256: sha256("") }],
    });
    listening.close();
  }, 30_000);
});

async function run(flags: readonly string[], input: string): Promise<Played> {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", main, ...flags], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += bytes;
  });
  const [code] = (await once(child, "close")) as [number];
  return {
    code,
    lines: text
      .split("\n")
      .filter(Boolean)
      .map((one) => JSON.parse(one) as Line),
  };
}

async function readOnce(stream: Socket, length: number): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    pieces.push(piece as Buffer);
    if (Buffer.concat(pieces).length >= length) break;
  }
  return Buffer.concat(pieces).subarray(0, length);
}
