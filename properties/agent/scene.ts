/** An agent in this process, its socket in a folder of its own, and who asks it by hand. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  type AgentEvent,
  type AgentKey,
  type HeldKey,
  KeyAgent,
  type KeyAgentOptions,
  openAgentKeys,
} from "../../src/agent/index.ts";
import {
  type AgentRequest,
  type AgentResponse,
  encodeRequest,
  FixedFrames,
  parseResponse,
  responseLength,
} from "../../src/agent/wire.ts";
import { serverKey } from "../model/pair.ts";
import { afterwards, folder } from "../net/loopback.ts";

export interface AgentScene {
  readonly agent: KeyAgent;
  readonly path: string;
  readonly events: AgentEvent[];
}

/** An agent that listens, with the server's test key unless others are given. */
export async function agentScene(options: Partial<KeyAgentOptions> = {}, at?: string): Promise<AgentScene> {
  const path = at ?? join(await folder(), "agent.sock");
  const events: AgentEvent[] = [];
  const observe = (event: AgentEvent) => {
    events.push(event);
    options.observe?.(event);
  };
  const agent = new KeyAgent({ keys: [serverKey as HeldKey], ...options, observe });
  afterwards(() => agent.close());
  await agent.listen(path);
  return { agent, path, events };
}

/** The keys of an agent, given up after the test. */
export async function keysAt(path: string, timeout?: number): Promise<AgentKey[]> {
  const keys = await openAgentKeys(path, timeout === undefined ? {} : { timeout });
  afterwards(() => {
    for (const key of keys) key.wipe();
  });
  return keys;
}

/** A connection that sends what it is told, and keeps the bytes and the responses that come. */
export class RawAsker {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly responses: AgentResponse[] = [];
  bytes = 0;
  readonly #frames = new FixedFrames(responseLength);
  #wake: (() => void)[] = [];

  constructor(path: string) {
    this.socket = connect({ path });
    this.socket.on("error", () => undefined);
    afterwards(() => this.socket.destroy());
    this.closed = once(this.socket, "close").catch(() => undefined);
    this.socket.on("data", (chunk) => {
      this.bytes += chunk.length;
      for (const frame of this.#frames.push(chunk)) {
        const response = parseResponse(frame);
        if (response === undefined) throw new Error("a malformed response");
        this.responses.push(response);
      }
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  ask(...requests: AgentRequest[]): void {
    this.socket.write(Buffer.concat(requests.map(encodeRequest)));
  }

  /** As many responses as there have to be. */
  async has(count: number): Promise<AgentResponse[]> {
    while (this.responses.length < count) await new Promise<void>((wake) => this.#wake.push(wake));
    return this.responses;
  }
}

/** What listens in place of an agent, and does with each connection what it is told. */
export async function falseAgent(listener: (socket: Socket, count: number) => void): Promise<string> {
  const path = join(await folder(), "false.sock");
  let count = 0;
  const server = createServer((socket) => {
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined);
    listener(socket, ++count);
  });
  afterwards(() => new Promise((done) => server.close(done)));
  await once(server.listen(path), "listening");
  return path;
}
