/** Why: a service that takes the wrong descriptor for its socket would serve, or close, something else of the system's. */
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { folder } from "../../properties/net/loopback.ts";
import { activatedSocket, isActivation } from "./activation.ts";
import { CommandError } from "./errors.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function envOf(count: number, names?: string): Record<string, string | undefined> {
  return { LISTEN_PID: "7", LISTEN_FDS: String(count), LISTEN_FDNAMES: names, OTHER: "stays" };
}

function refused(address: string, env: Record<string, string | undefined>): CommandError {
  try {
    activatedSocket(address, env, 7);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const fdOf = (handle: unknown) => (handle as { _handle: { fd: number } })._handle.fd;

/** What an address means that names the descriptor, whatever its number: all before it are passed as well. */
function inspected(fd: number): ReturnType<typeof activatedSocket> {
  const names = Array.from({ length: fd - 2 }, (_, index) => (index === fd - 3 ? "it" : `other${index}`));
  return activatedSocket("systemd:it", envOf(fd - 2, names.join(":")), 7);
}

async function listening(path?: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  closers.push(() => server.close());
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  return server;
}

describe("a socket of the service manager", () => {
  it("is asked for by systemd: and a name or none", () => {
    expect(["systemd:", "systemd:web", "unix:systemd:", "4100"].map(isActivation)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ["systemd:", {}, "no socket was passed"],
    ["systemd:", { LISTEN_FDS: "1" }, "no socket was passed"],
    ["systemd:", { ...envOf(1), LISTEN_PID: "8" }, "another process"],
    ["systemd:", { ...envOf(1), LISTEN_FDS: "0" }, "not a number of sockets"],
    ["systemd:", { ...envOf(1), LISTEN_FDS: "x" }, "not a number of sockets"],
    ["systemd:", envOf(2, "web:admin"), "several sockets were passed (web, admin)"],
    ["systemd:db", envOf(2, "web:admin"), "there are: web, admin"],
    ["systemd:web", envOf(2, "web:web"), "several of the sockets passed are named so"],
    ["systemd:web", envOf(1), "there are: unknown"],
  ])("%s with %j: an error that says what is wrong", (address, env, words) => {
    const error = refused(address, env);
    expect(error.code).toBe("ERR_HAWSER_LISTEN");
    expect(error.message).toContain(words);
  });

  it("unsets what tells of it, whatever comes of it, and nothing else", () => {
    const env = envOf(2, "web:admin");
    refused("systemd:", env);
    expect(env).toEqual({ OTHER: "stays" });
  });

  it("is what is listened at, by TCP or by a path, which is told", async () => {
    const path = `${await folder()}/s`;
    const [tcp, unix] = [await listening(), await listening(path)];
    expect(inspected(fdOf(tcp))).toEqual({ fd: fdOf(tcp), path: undefined });
    expect(inspected(fdOf(unix))).toEqual({ fd: fdOf(unix), path });
  });

  it("is refused where it is a file, a connection, or not open", async () => {
    const file = openSync("/dev/null", "r");
    closers.push(() => closeSync(file));
    expect(() => inspected(file)).toThrow("is not a socket");
    const server = await listening();
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    closers.push(() => socket.destroy());
    await once(socket, "connect");
    expect(() => inspected(fdOf(socket))).toThrow("not a stream socket that is listened at");
    expect(() => inspected(1_000)).toThrow("is not open");
  });
});
