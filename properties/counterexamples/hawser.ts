/** The implementation, for the claims that the counterexamples break. */
import { Actor } from "../model/actor.ts";
import { delivered, joined, serverKey, testClient, testKey, testServer } from "../model/pair.ts";
import { ascii, concat, zeros } from "../reference/primitives.ts";
import type { Design, End } from "./design.ts";

const tom = testKey("tom");
const attacker = testKey("attacker");

class HawserEnd implements End {
  readonly #actor: Actor<ReturnType<typeof testClient>> | Actor<ReturnType<typeof testServer>>;

  constructor(actor: Actor<ReturnType<typeof testClient>> | Actor<ReturnType<typeof testServer>>) {
    this.#actor = actor;
  }

  take(): Uint8Array {
    return this.#actor.flush();
  }

  receive(bytes: Uint8Array): void {
    this.#actor.receive(bytes);
  }

  transportEnded(): void {
    if (!this.#actor.has("closeTransport")) this.#actor.do(this.#actor.channel.transportEnded());
  }

  write(text: Uint8Array): void {
    this.#actor.do(this.#actor.channel.write(text));
  }

  close(): void {
    this.#actor.do(this.#actor.channel.close());
  }

  get believes(): boolean {
    return this.#actor.has("open");
  }

  get delivered(): Uint8Array {
    return delivered(this.#actor);
  }

  get ended(): boolean {
    return this.#actor.has("end");
  }

  get failed(): boolean {
    return this.#actor.channel.failure !== undefined;
  }
}

export const hawser: Design = {
  name: "Hawser",
  client() {
    const channel = testClient({ seed: "client" });
    return new HawserEnd(new Actor(channel).do(channel.start()));
  },
  server: (owner) =>
    new HawserEnd(
      new Actor(testServer({ seed: `server ${owner}`, keyHolders: [owner === "sam" ? serverKey : tom] })),
    ),
  awaits: {
    client: [
      [
        ["ephemeral key", 32],
        ["encrypted key", 48],
        ["encrypted code", 18],
      ],
      [["Verdict", 274]],
    ],
    server: [
      [
        ["header", 8],
        ["ephemeral key", 32],
        ["route", 48],
      ],
      [
        ["encrypted key", 48],
        ["encrypted context", 48],
      ],
    ],
  },
  known: [
    ["the attacker's key", attacker.publicKey],
    ["sam's key", serverKey.publicKey],
    ["tom's key", tom.publicKey],
    ["a header", concat(ascii("HWSR"), Uint8Array.of(1, 1, 0, 0))],
    ["48 bytes", joined([attacker.publicKey, zeros(16)])],
  ],
};
