/** The client: sends a file to the server, and takes its answer. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect as connectInTheClear } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { connect, readKeyFile } from "hawser";
import { takeOrders } from "./actor.ts";
import { type ErrorSeen, seen } from "./words.ts";

/** How it went. */
export interface ClientReport {
  readonly milliseconds: number;
  /** The server's answer: the SHA-256 of what it received, in hexadecimal. */
  readonly answer?: string;
  readonly error?: ErrorSeen;
}

async function converse(open: () => Promise<Duplex>, file: string): Promise<ClientReport> {
  const began = performance.now();
  let outcome: { answer: string } | { error: ErrorSeen };
  try {
    const stream = await open();
    let answer = "";
    await pipeline(createReadStream(file, { highWaterMark: 262_144 }), stream, async (answers) => {
      answer = await text(answers);
    });
    outcome = { answer };
  } catch (error) {
    outcome = { error: seen(error) };
  }
  return { milliseconds: performance.now() - began, ...outcome };
}

const orders = {
  async send({ url, keyFile, file }: { url: string; keyFile: string; file: string }) {
    const keyPair = await readKeyFile(keyFile);
    return converse(() => connect(url, { keyPair }), file);
  },

  /** The same without Hawser. */
  sendInTheClear({ port, file }: { port: number; file: string }) {
    return converse(async () => {
      const socket = connectInTheClear(port, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    }, file);
  },
};

export type ClientOrders = typeof orders;

takeOrders(orders);
