/** Why: two commands are all that most people will ever know of a tunnel; what they are told decides whether it stands. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Person, type Running, runToEnd, type StartOptions, start } from "./cli/in-process.ts";
import { placeIn, type Scene, scene } from "./cli/scene.ts";
import { readAll } from "./net/loopback.ts";
import { localTo, plainServer } from "./tunnel/scene.ts";

/** The address that a service listens at, as `--to` has it. */
async function echo(): Promise<string> {
  const { to } = await plainServer((socket) => socket.pipe(socket));
  return "path" in to ? `unix:${to.path}` : `${to.host}:${to.port}`;
}

function clients({ folder, client }: Scene, line = `${client.publicKey} laptop`): string {
  const file = join(folder, "clients");
  writeFileSync(file, `${line}\n`, { mode: 0o600 });
  return file;
}

function serve(at: Scene, to: string, ...more: string[]): Running {
  const words = ["serve", "--key", at.server.file, "--authorized-keys", clients(at), "--to", to];
  return start([...words, ...more, "127.0.0.1:0"]);
}

function forward({ client }: Scene, url: string, more: string[] = [], options: StartOptions = {}): Running {
  return start(["forward", "--key", client.file, "--listen", "0", ...more, url], options);
}

/** A local program's words, and what comes back. */
async function through(client: Running, text: string): Promise<{ data: string; end: unknown }> {
  const [, port] = await client.said(/Listening at 127\.0\.0\.1:(\d+)\./);
  const near = await localTo({ host: "127.0.0.1", port: Number(port) });
  const all = readAll(near);
  near.end(text);
  const { data, end } = await all;
  return { data: data.toString(), end };
}

/** Ends commands as a service manager does. */
async function stop(...running: Running[]): Promise<void> {
  for (const each of running) each.signal("SIGTERM");
  for (const each of running) await each.ending;
}

describe("hawser serve and hawser forward", () => {
  it(
    "carry a local program's connection to the service, by the URL that serve prints first",
    scene(async (at) => {
      const server = serve(at, await echo());
      const url = await server.url();
      expect(server.err.split("\n")[0]).toBe(url);
      const client = forward(at, url);
      expect(await through(client, "in and out")).toEqual({ data: "in and out", end: "end" });
      await server.said(/laptop \(127\.0\.0\.1:\d+\) is done: 10 bytes in, 10 out\./);
      await client.said(/is done: 10 bytes in, 10 out\./);
      await stop(client, server);
      expect(server.out + client.out).toBe("");
    }),
  );

  it(
    "say why there is nothing behind them, at both ends, and break the program off",
    scene(async (at) => {
      const server = serve(at, `unix:${join(at.folder, "nothing")}`);
      const client = forward(at, await server.url());
      expect((await through(client, "hello")).end).toMatchObject({ code: "ECONNRESET" });
      await server.said(/nothing: There is no connection to .*ENOENT.*\(ERR_HAWSER_TUNNEL_UNREACHABLE\)/);
      await client.said(
        /unreachable, in its words "the service behind this tunnel: its socket is not there \(ENOENT\)"/,
      );
      expect(client.err).toMatch(/\(ERR_HAWSER_ALERT_RECEIVED\)/);
      await stop(client, server);
    }),
  );

  it(
    "change the server's key: with both of them, old URLs and new ones lead in",
    scene(async (at) => {
      const next = join(at.folder, "next.key");
      await runToEnd(["keygen", "-o", next]);
      const old = serve(at, await echo());
      const url = await old.url();
      await stop(old);
      const address = /@(.*)$/.exec(url)?.[1] as string;
      const both = start([
        ...["serve", "--key", next, "--key", at.server.file, "--authorized-keys", clients(at)],
        ...["--to", await echo(), address],
      ]);
      const newUrl = await both.url();
      expect(newUrl).not.toBe(url);
      expect(placeIn(newUrl)).toBe(placeIn(url));
      const [one, other] = [forward(at, url), forward(at, newUrl)];
      expect((await through(one, "old")).data).toBe("old");
      expect((await through(other, "new")).data).toBe("new");
      await stop(one, other, both);
    }),
  );

  it(
    "heed a key's own options",
    scene(async (at) => {
      const to = await echo();
      const { to: away } = await plainServer((socket) => socket.destroy());
      const file = clients(at, `max="1",from="127.0.0.0/8",to="${to}" ${at.client.publicKey} laptop`);
      expect(readFileSync(file, "utf8")).toContain("max");
      const server = start([
        ...["serve", "--key", at.server.file, "--authorized-keys", file],
        ...["--to", `127.0.0.1:${(away as { port: number }).port}`, "127.0.0.1:0"],
      ]);
      const client = forward(at, await server.url());
      expect(await through(client, "my own")).toEqual({ data: "my own", end: "end" });
      await server.said(new RegExp(`laptop .* is let in, for ${to}\\.`));
      await stop(client, server);
    }),
  );

  it(
    "keep connections ready, and never listen for everybody unless told to",
    scene(async (at) => {
      const server = serve(at, await echo());
      const client = forward(at, await server.url(), ["--pool", "2", "--log-level", "debug"]);
      await client.said(/2 of 2 connections stand ready/);
      expect(await through(client, "ready")).toEqual({ data: "ready", end: "end" });
      await stop(client, server);
    }),
  );

  it(
    "trust a server whose URL has no key only if it is known",
    scene(async (at) => {
      const server = serve(at, await echo());
      const url = await server.url();
      const stranger = forward(at, placeIn(url), [], { home: at.folder });
      expect(await stranger.ending).toEqual({ exitCode: 7 });
      const met = forward(at, placeIn(url), [], { home: at.folder, terminal: new Person("yes") });
      expect((await through(met, "known")).data).toBe("known");
      await stop(met);
      const again = forward(at, placeIn(url), [], { home: at.folder });
      expect((await through(again, "still known")).data).toBe("still known");
      await stop(again, server);
    }),
  );

  it.each([
    [["serve", "4100"], /--key FILE is missing/],
    [["serve", "--key", "k", "4100"], /--authorized-keys FILE is missing/],
    [["serve", "--key", "k", "--authorized-keys", "a", "4100"], /--to is missing: the service, as HOST:PORT/],
    [
      ["serve", "--key", "k", "--authorized-keys", "a", "--to", "5432", "4100"],
      /--to: a service is HOST:PORT/,
    ],
    [["serve", "--key", "k", "--authorized-keys", "a", "--to", "a:1"], /The address to listen at is missing/],
    [
      ["serve", "--key", "k", "--authorized-keys", "a", "--to", "a:1", "--idle-timeout", "0", "1"],
      /--idle-timeout takes a number of seconds/,
    ],
    [
      ["serve", "--key", "k", "--authorized-keys", "a", "--to", "a:1", "--max-per-key", "0", "1"],
      /--max-per-key takes a whole number, 1 or more/,
    ],
    [["serve", ..."aaaaa".split("").flatMap(() => ["--key", "k"]), "1"], /up to four times/],
    [["forward", "--listen", "1", "hawser://localhost:1"], /--key FILE is missing/],
    [
      ["forward", "--key", "k", "hawser://localhost:1"],
      /--listen is missing: where local programs connect to/,
    ],
    [
      ["forward", "--key", "k", "--listen", "1", "--pool", "many", "hawser://localhost:1"],
      /--pool takes a whole number/,
    ],
    [["forward", "--key", "k", "--listen", "1", "localhost:1"], /ERR_HAWSER_URL_SCHEME/],
  ])("%j ends with 2, and says what to do", async (argv, words) => {
    const { err, exitCode } = await runToEnd(argv);
    expect(err).toMatch(words);
    expect(exitCode).toBe(2);
  });

  it(
    "say in words why they can't listen",
    scene(async (at) => {
      const first = serve(at, "127.0.0.1:1");
      const [, address = ""] = /@(.*)$/.exec(await first.url()) ?? [];
      const words = [
        "serve",
        "--key",
        at.server.file,
        "--authorized-keys",
        clients(at),
        "--to",
        "127.0.0.1:1",
      ];
      const second = await runToEnd([...words, address]);
      expect(second.err).toMatch(/another program listens there \(EADDRINUSE\).*\(ERR_HAWSER_LISTEN\)/);
      expect(second.exitCode).toBe(4);
      const third = await runToEnd([
        ...["forward", "--key", at.client.file, "--listen", `unix:${join(at.folder, "none/x")}`],
        await first.url(),
      ]);
      expect(third.err).toMatch(/there is no folder to make the socket in \(ENOENT\).*\(ERR_HAWSER_LISTEN\)/);
      await stop(first);
    }),
  );
});
