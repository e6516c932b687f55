/** Why: what happens inside is for logs to tell; a log that gives a secret away is worse than none. */
import { spawn } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey, testKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  folder,
  joinIn,
  pipePair,
  readAll,
  rejection,
  serve,
  serveRaw,
  until,
} from "../../properties/net/loopback.ts";
import { formatPublicKey } from "../keys/portable.ts";
import { accept } from "./accept.ts";
import { connect } from "./connect.ts";
import { DIAGNOSTIC_CHANNELS, type DiagnosticMessages } from "./diagnostics.ts";
import { AlertError } from "./errors.ts";

type Told = { [N in keyof DiagnosticMessages]: [N, DiagnosticMessages[N]] }[keyof DiagnosticMessages];

/** All that is told until the test is over. */
function listen(): Told[] {
  const told: Told[] = [];
  for (const name of DIAGNOSTIC_CHANNELS) {
    const onMessage = (message: unknown) => void told.push([name, message] as Told);
    channel(name).subscribe(onMessage);
    afterwards(() => channel(name).unsubscribe(onMessage));
  }
  return told;
}

const named = <N extends keyof DiagnosticMessages>(told: Told[], name: N): DiagnosticMessages[N][] =>
  told.filter(([which]) => which === name).map(([, message]) => message as DiagnosticMessages[N]);

describe("diagnostics channels", () => {
  it("tell of a connection from its beginning to its clean end, at both ends", async () => {
    const told = listen();
    const server = await serve((socket) => void socket.pipe(socket), { contexts: ["logs"] });
    const client = await joinIn(server);
    client.end("secret words");
    await readAll(client);
    await until(() => named(told, "hawser:connection:closed").length === 2);
    expect(named(told, "hawser:dial:begun")).toEqual([{ to: expect.stringContaining("127.0.0.1:") }]);
    const [first, second] = named(told, "hawser:connection:opening");
    expect([first?.role, second?.role].toSorted()).toEqual(["client", "server"]);
    const id = (role: string) => (first?.role === role ? first : second)?.connection;
    const states = (role: string) =>
      named(told, "hawser:connection:state")
        .filter(({ connection }) => connection === id(role))
        .map(({ to }) => to);
    expect(states("client").slice(0, 3)).toEqual(["AwaitChallenge", "Responding", "AwaitVerdict"]);
    expect(states("server").slice(0, 3)).toEqual(["OpeningRoute", "AwaitResponse", "Deciding"]);
    expect(named(told, "hawser:connection:open")).toEqual(
      expect.arrayContaining([
        { connection: id("client"), peer: formatPublicKey(serverKey.publicKey), context: undefined },
        { connection: id("server"), peer: formatPublicKey(clientKey.publicKey), context: "logs" },
      ]),
    );
    expect(JSON.stringify(told)).not.toContain("secret words");
  });

  it("tell of alerts at both ends, what a peer said escaped", async () => {
    const told = listen();
    const server = await serve((socket) => socket.destroy(new AlertError(0x8001, "out of\ttea")));
    await rejection(
      joinIn(server)
        .then(readAll)
        .then(({ end }) => Promise.reject(end)),
    );
    await until(() => named(told, "hawser:connection:failed").length === 2);
    expect(named(told, "hawser:alert:sent")).toMatchObject([{ alert: 0x8001, name: "application" }]);
    expect(named(told, "hawser:alert:received")).toMatchObject([
      { alert: 0x8001, name: "application", words: "out of\\u{9}tea" },
    ]);
    expect(named(told, "hawser:connection:failed")).toMatchObject([
      { code: "ERR_HAWSER_CANCELLED", origin: "local" },
      { code: "ERR_HAWSER_ALERT_RECEIVED", origin: "peer", requirement: "AL-021" },
    ]);
  });

  it("tell of a connection that is not there, and of one that something handed in has broken", async () => {
    const told = listen();
    const path = `${await folder()}/none`;
    await rejection(connect({ keyPair: clientKey, serverKey: serverKey.publicKey, path }));
    expect(named(told, "hawser:dial:failed")).toEqual([{ to: path, cause: "ENOENT" }]);
    const [near, far] = pipePair();
    const padding = () => {
      throw new TypeError("no");
    };
    const accepted = accept(far, { keyPair: serverKey, authorize: () => true });
    const client = await connect({
      stream: near,
      keyPair: clientKey,
      serverKey: serverKey.publicKey,
      padding,
    });
    client.on("error", () => undefined);
    (await accepted).on("error", () => undefined);
    client.write("x");
    await until(() => client.destroyed);
    expect(named(told, "hawser:connection:broken")).toMatchObject([{ cause: "TypeError" }]);
  });

  it("tell of a write that failed", async () => {
    const told = listen();
    const { port } = await serveRaw((raw) => {
      void accept(raw, { keyPair: serverKey, authorize: () => true }).then((socket) => {
        socket.on("error", () => undefined);
        raw.resetAndDestroy();
      });
    });
    const client = await connect({
      host: "127.0.0.1",
      port,
      keyPair: clientKey,
      serverKey: serverKey.publicKey,
    });
    client.on("error", () => undefined);
    client.pause();
    const writer = setInterval(() => client.write(Buffer.alloc(65_536)), 1);
    afterwards(() => clearInterval(writer));
    await until(() => client.failure !== undefined);
    const failed = named(told, "hawser:connection:failed");
    expect(failed.map(({ code }) => code)).toContain("ERR_HAWSER_TRUNCATED");
    for (const { cause } of named(told, "hawser:connection:read-on"))
      expect(cause).toMatch(/EPIPE|ECONNRESET/);
  });

  it("tell of limits", async () => {
    const told = listen();
    const server = await serve(() => undefined, { limits: { connections: 1 } });
    await joinIn(server);
    await rejection(joinIn(server, { keyPair: testKey("other") }));
    expect(named(told, "hawser:server:limit")).toEqual([
      { limit: "connections", remoteAddress: "127.0.0.1" },
    ]);
    const tight = await serve(() => undefined, { limits: { handshakesPerAddress: 0 } });
    await rejection(joinIn(tight));
    expect(named(told, "hawser:server:limit").at(-1)).toMatchObject({ limit: "handshakesPerAddress" });
    const none = await serve(() => undefined, { limits: { handshakes: 0 } });
    await rejection(joinIn(none));
    expect(named(told, "hawser:server:limit").at(-1)).toMatchObject({ limit: "handshakes" });
  });
});

describe("NODE_DEBUG=hawser", () => {
  it("says the same on stderr, a line a message, and nothing secret", async () => {
    const script = fileURLToPath(new URL("../../properties/net/debugged.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script], {
      env: { ...process.env, NODE_DEBUG: "hawser" },
    });
    afterwards(() => child.kill());
    const [out, err] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      once(child, "exit"),
    ]);
    const [secret = "", clientText = ""] = Buffer.concat(out).toString().split("\n");
    const lines = Buffer.concat(err).toString();
    expect(secret).toHaveLength(64);
    expect(lines).toMatch(/^HAWSER \d+: hawser:connection:open connection=\d+ peer="hawser1/m);
    expect(lines).toContain(clientText);
    expect(lines).toMatch(/hawser:connection:failed .*code="ERR_HAWSER_ALERT_RECEIVED"/);
    expect(lines).not.toContain(secret);
    expect(lines).not.toContain("secret words");
  });
});
