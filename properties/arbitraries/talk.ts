import { fc } from "@fast-check/vitest";
import type { ClientChannel, Output, Padding, ServerChannel } from "../../src/protocol/index.ts";
import { Actor, type Sides } from "../model/actor.ts";
import { joined, testClient, testServer } from "../model/pair.ts";
import { pattern } from "../model/scenarios.ts";
import { recordSizes } from "./options.ts";

/** What two applications have to say to each other until both are done. */
export interface Talk {
  /** Sizes of the client's writes: before the handshake, and once it is open. */
  readonly early: readonly number[];
  readonly later: readonly number[];
  /** Sizes of the server's writes: one for each piece of data that comes, the rest when the client is done. */
  readonly answers: readonly number[];
  readonly pings: boolean;
  readonly padding: Padding;
  readonly recordSize: number;
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 300 })), {
  maxLength: 5,
});

export const talks: fc.Arbitrary<Talk> = fc.record({
  early: sizes,
  later: sizes,
  answers: sizes,
  pings: fc.boolean(),
  padding: fc.oneof(
    fc.constantFrom<Padding>("none", "padme", (length) => length + 33),
    fc.integer({ min: 1, max: 500 }).map((block) => ({ block })),
  ),
  recordSize: fc.oneof(
    fc.constant(65_516),
    recordSizes.map((size) => Math.max(size, 20)),
  ),
});

/** A talk under way, and what each end's application has written so far. */
export interface Talking extends Sides {
  readonly written: { readonly client: Uint8Array[]; readonly server: Uint8Array[] };
}

/** Both ends with their applications, the client's early writes made. */
export function startTalk(talk: Talk, session = "talk"): Talking {
  const { padding, recordSize } = talk;
  const written = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
  const say = (channel: ClientChannel | ServerChannel, side: "client" | "server", size: number): Output[] => {
    const bytes = pattern(size, (side === "client" ? 3 : 101) + 7 * written[side].length);
    written[side].push(bytes);
    return channel.write(bytes);
  };
  const answers = [...talk.answers];
  const answer = (channel: ServerChannel): Output[] => {
    const size = answers.shift();
    return size === undefined ? [] : say(channel, "server", size);
  };
  const client = new Actor(testClient({ seed: `${session} client`, padding, recordSize }), {
    open: (channel) => [
      ...(talk.pings ? channel.ping() : []),
      ...talk.later.flatMap((size) => say(channel, "client", size)),
      ...channel.close(),
    ],
  });
  const server = new Actor(testServer({ seed: `${session} server`, padding, recordSize }), {
    open: (channel) => (talk.pings ? channel.ping() : []),
    data: answer,
    end: (channel) => {
      const outputs: Output[] = [];
      while (answers.length > 0) outputs.push(...answer(channel));
      return [...outputs, ...channel.close()];
    },
  });
  client.do(client.channel.start());
  for (const size of talk.early) client.do(say(client.channel, "client", size));
  return { client, server, written };
}

/** All that one side has written. */
export function wrote({ written }: Talking, side: "client" | "server"): Uint8Array {
  return joined(written[side]);
}
