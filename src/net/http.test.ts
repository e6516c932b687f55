/** Why: Node's own HTTP is the net.Socket's user that relies on most of it. */
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type RequestOptions, request } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { clientKey } from "../../properties/model/pair.ts";
import { afterwards, serve } from "../../properties/net/loopback.ts";
import { createConnection } from "./connect.ts";
import type { HawserSocket } from "./socket.ts";

/** Makes its connections with Hawser. */
function agentOf(connection: () => HawserSocket, keepAlive: boolean): { agent: Agent; made: HawserSocket[] } {
  const agent = new Agent({ keepAlive });
  const made: HawserSocket[] = [];
  afterwards(() => agent.destroy());
  Object.assign(agent, {
    createConnection(): Duplex {
      const socket = connection();
      made.push(socket);
      return socket;
    },
  });
  return { agent, made };
}

async function post(options: RequestOptions, body: string): Promise<string> {
  const asked = request({ ...options, method: "POST" });
  asked.end(body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return text(answer);
}

describe("HTTP over Hawser", () => {
  it.each([true, false])("asks and answers; with keep-alive %s", async (keepAlive) => {
    const http = createServer(async (asked, answer) => answer.end(`${asked.url} ${await text(asked)}`));
    const server = await serve((socket) => void http.emit("connection", socket));
    const { agent, made } = agentOf(() => createConnection(server.url(), { keyPair: clientKey }), keepAlive);
    for (const path of ["/a", "/b", "/c"]) {
      expect(await post({ agent, path }, "hello")).toBe(`${path} hello`);
      await new Promise(setImmediate); // The agent takes the connection back.
    }
    expect(made).toHaveLength(keepAlive ? 1 : 3);
  });

  it("gives up, as a request was told to before it was connected", async () => {
    const server = await serve((socket) => socket.resume());
    const { agent } = agentOf(() => createConnection(server.url(), { keyPair: clientKey }), false);
    const asked = request({ agent, path: "/" });
    asked.on("error", () => undefined);
    afterwards(() => asked.destroy());
    asked.setNoDelay(true);
    await once(asked, "socket");
    asked.setTimeout(50);
    asked.end();
    await once(asked, "timeout");
  });
});
