import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { UsageError } from "../protocol/usage-error.ts";
import { attach, detach } from "./handoff.ts";
import { connect, createServer, generateKeyPair, type HawserServer, type HawserSocket } from "./index.ts";

let server: HawserServer;
afterEach(async () => server.close({ grace: 0 }));

async function pair(): Promise<{ client: HawserSocket; accepted: HawserSocket }> {
  const [serverPair, clientPair] = [await generateKeyPair(), await generateKeyPair()];
  server = createServer({ keyPair: serverPair, authorize: () => true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const { port } = server.address() as AddressInfo;
  const client = await connect({
    host: "127.0.0.1",
    port,
    serverKey: serverPair.publicKey,
    keyPair: clientPair,
  });
  const [accepted] = (await connected) as [HawserSocket];
  return { client, accepted };
}

describe("a connection", () => {
  it("goes on by another socket", async () => {
    const { client, accepted } = await pair();
    client.write("unread");
    await once(accepted, "readable");
    const { blob, handle } = await detach(accepted);
    client.write(" and later");
    const socket = await attach(blob, handle, { allowHalfOpen: true });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    client.end(".");
    await once(socket, "end");
    expect(Buffer.concat(chunks).toString()).toBe("unread and later.");
    const back: Buffer[] = [];
    client.on("data", (chunk) => back.push(chunk));
    socket.end("bye");
    await once(client, "close");
    expect(Buffer.concat(back).toString()).toBe("bye");
    expect(() => accepted.exportKeyingMaterial("x", 3)).toThrow(UsageError);
  });
});
