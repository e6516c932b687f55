/** Why: a server that died must not keep its successor from its path, nor may two successors throw each other out. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, readdir, utimes, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import { afterwards, folder, readAll, rejection, serve } from "../../properties/net/loopback.ts";
import { connect } from "./connect.ts";
import { createServer, type HawserServer } from "./server.ts";
import { takeOver } from "./unix-path.ts";

/** A path whose server was killed. */
async function leftover(): Promise<string> {
  const path = `${await folder()}/s.sock`;
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("listening"))`;
  const child = spawn(process.execPath, ["-e", script]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await lstat(path)).isSocket()).toBe(true);
  return path;
}

function begin(path: string): { server: HawserServer; outcome: Promise<string> } {
  const server = createServer(
    { keyPair: serverKey, authorize: () => true },
    (socket) => void socket.end("new"),
  );
  afterwards(() => server.close({ grace: 0 }));
  const outcome = new Promise<string>((resolve) => {
    server.once("listening", () => resolve("listening"));
    server.once("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
  server.listen(path);
  return { server, outcome };
}

describe("the path of a unix socket", () => {
  it("whose server died fails for clients at once, and is taken over", async () => {
    const path = await leftover();
    const options = { keyPair: clientKey, serverKey: serverKey.publicKey, path };
    expect(await rejection(connect(options))).toMatchObject({ cause: { code: "ECONNREFUSED" } });
    expect(await begin(path).outcome).toBe("listening");
    expect((await readAll(await connect(options))).data.toString()).toBe("new");
    await expect(lstat(`${path}.lock`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is taken over by one of many that try at once", async () => {
    const path = await leftover();
    const tries = Array.from({ length: 8 }, () => begin(path));
    const outcomes = await Promise.all(tries.map(({ outcome }) => outcome));
    expect(outcomes.toSorted()).toEqual([...Array(7).fill("EADDRINUSE"), "listening"]);
    const socket = await connect({ keyPair: clientKey, serverKey: serverKey.publicKey, path });
    expect((await readAll(socket)).data.toString()).toBe("new");
  });

  it("whose server lives is EADDRINUSE, and its server is not disturbed", async () => {
    const path = `${await folder()}/s.sock`;
    const living = await serve((socket) => void socket.end("old"), { path });
    expect(await begin(path).outcome).toBe("EADDRINUSE");
    expect((await readAll(await connect(living.url(), { keyPair: clientKey }))).data.toString()).toBe("old");
  });

  it("that is a file of another kind is EADDRINUSE, and left alone", async () => {
    const path = `${await folder()}/s.sock`;
    await writeFile(path, "precious");
    expect(await begin(path).outcome).toBe("EADDRINUSE");
    expect((await lstat(path)).size).toBe(8);
  });

  it("is taken over although a process died while it held the lock", async () => {
    const path = await leftover();
    await writeFile(`${path}.lock`, "");
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, longAgo, longAgo);
    const tries = Array.from({ length: 4 }, () => begin(path));
    const outcomes = await Promise.all(tries.map(({ outcome }) => outcome));
    expect(outcomes.filter((outcome) => outcome === "listening")).toHaveLength(1);
  });

  it("is held by one at a time, however many find the lock of a process that died", async () => {
    const dir = await folder();
    let holders = 0;
    let most = 0;
    const hold = async () => {
      holders++;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 4 * Math.random()));
      holders--;
    };
    for (let round = 0; round < 12; round++) {
      const path = `${dir}/${round}`;
      await writeFile(`${path}.lock`, "");
      // A clock that was wrong may have made it in what is the future now.
      const then = new Date(Date.now() + (round % 2 === 0 ? -60_000 : 60_000));
      await utimes(`${path}.lock`, then, then);
      await Promise.all(Array.from({ length: 12 }, () => takeOver(path, hold)));
    }
    expect(most).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });

  it("is not taken over where something else has the lock's name, which is left alone", async () => {
    const path = await leftover();
    await writeFile(`${path}.lock`, "precious");
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, longAgo, longAgo);
    expect(await begin(path).outcome).toBe("EEXIST");
    expect((await lstat(`${path}.lock`)).size).toBe(8);
  });

  it("ends with the server", async () => {
    const path = `${await folder()}/s.sock`;
    const server = await serve(() => undefined, { path });
    await server.close();
    await expect(lstat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a unix socket's server whose backlog is full", () => {
  it("is asked again until it takes one more", async () => {
    const path = `${await folder()}/s.sock`;
    // A server that does not accept: its process stands still until it is told to go on.
    const script = `
      const server = require("net").createServer((socket) => socket.end("HTTP/1.1 200 OK"));
      server.listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => { console.log("listening"); process.kill(process.pid, "SIGSTOP"); });`;
    const child = spawn(process.execPath, ["-e", script]);
    afterwards(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const options = { keyPair: clientKey, serverKey: serverKey.publicKey, path };
    const tries = Array.from({ length: 6 }, () => rejection(connect(options)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGCONT");
    // Each has had its turn: what answers is no Hawser server, but answers.
    for (const error of await Promise.all(tries))
      expect(error).toMatchObject({ code: "ERR_HAWSER_NOT_HAWSER" });
  });

  it("is given up at the deadline", async () => {
    const path = `${await folder()}/s.sock`;
    const script = `
      require("net").createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 },
        () => { console.log("listening"); process.kill(process.pid, "SIGSTOP"); });`;
    const child = spawn(process.execPath, ["-e", script]);
    afterwards(() => child.kill("SIGKILL"));
    await once(child.stdout, "data");
    const options = { keyPair: clientKey, serverKey: serverKey.publicKey, path, handshakeTimeout: 100 };
    const errors = await Promise.all(Array.from({ length: 6 }, () => rejection(connect(options))));
    expect(errors.every((error) => error.code === "ERR_HAWSER_TIMEOUT")).toBe(true);
  });
});
