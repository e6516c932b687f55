/**
 * What any secure channel must be able to say of itself, as properties that take the design as an argument. What breaks one
 * is told step by step, in words.
 */
import { fc } from "@fast-check/vitest";
import { equal, toHex, u16, zeros } from "../reference/primitives.ts";
import { belief, type Move, moves } from "./belief.ts";
import { converse, type Design, type End } from "./design.ts";
import { onOtherMachine } from "./other-machine.ts";

/** A broken claim, step by step; `undefined` where it holds. */
export type Broken = readonly string[] | undefined;

export interface Claim<T> {
  readonly says: string;
  readonly inputs: fc.Arbitrary<T>;
  readonly judge: (design: Design, input: T) => Broken;
}

/** A claim with its inputs' type put away: `find` gives the shortest trace that breaks it, if one is found. */
export interface Searchable {
  readonly says: string;
  readonly find: (design: Design, search: fc.Parameters<unknown>) => Broken;
}

function searchable<T>({ says, inputs, judge }: Claim<T>): Searchable {
  return {
    says,
    find: (design, search) => {
      const property = fc.property(inputs, (input) => judge(design, input) === undefined);
      const { failed, counterexample } = fc.check(property, search as fc.Parameters<[T]>);
      if (!failed || counterexample === null) return undefined;
      return judge(design, counterexample[0]);
    },
  };
}

interface Connected {
  readonly client: End;
  readonly server: End;
}

function connect(design: Design, place: <T>(run: () => T) => T = (run) => run()): Connected {
  const client = design.client();
  const server = place(() => design.server("sam"));
  converse(client, {
    take: () => place(() => server.take()),
    receive: (bytes) => place(() => server.receive(bytes)),
  } as End);
  return { client, server };
}

const isPrefix = (part: Uint8Array, whole: Uint8Array): boolean => equal(part, whole.slice(0, part.length));
const text = fc.uint8Array({ minLength: 1, maxLength: 40 });
/** So many bytes are not found anywhere by chance. */
const longEnough = 8;
const longText = fc.uint8Array({ minLength: longEnough, maxLength: 40 });
const byte = fc.nat({ max: 0xff });

/** Where `part` stands in `whole`, or -1. */
const indexOf = (whole: Uint8Array, part: Uint8Array): number => Buffer.from(whole).indexOf(part);
const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i % b.length] ?? 0));

export const clientsBelief: Searchable = searchable<readonly Move[]>({
  says: "a client that takes its peer for sam has had its conversation with sam",
  inputs: moves,
  judge: (design, input) => belief(design, input, "the client"),
});

export const serversBelief: Searchable = searchable<readonly Move[]>({
  says: "a server that takes its peer for a client has had its conversation with that client",
  inputs: moves,
  judge: (design, input) => belief(design, input, "server tom"),
});

export const tampering: Searchable = searchable({
  says: "what is delivered is a prefix of what was written, whatever bit is turned on the way",
  inputs: fc.record({ text, at: fc.nat({ max: 99 }), bit: fc.nat({ max: 7 }) }),
  judge: (design, input) => {
    const { client, server } = connect(design);
    client.write(input.text);
    const wire = client.take();
    const at = input.at % wire.length;
    server.receive(wire.with(at, (wire[at] ?? 0) ^ (1 << input.bit)));
    if (isPrefix(server.delivered, input.text)) return undefined;
    return [
      `the client writes ${toHex(input.text)}`,
      `bit ${input.bit} of byte ${at} is turned on the way`,
      `the server delivers ${toHex(server.delivered)}`,
    ];
  },
});

/** More than the largest record, so that any record at all would be complete. */
const enough = 65_537;

export const lengths: Searchable = searchable({
  says: "whatever a peer begins, so many more bytes decide it: no length makes an end wait for longer",
  inputs: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 0xffff })).map(u16),
  judge: (design, input) => {
    const { server } = connect(design);
    server.receive(input);
    server.receive(zeros(enough));
    if (server.failed || server.delivered.length > 0) return undefined;
    return [
      `the server gets ${toHex(input)}`,
      `then ${enough.toLocaleString("en")} bytes, as many as the largest record has`,
      "it delivers nothing, refuses nothing, and waits for more",
    ];
  },
});

export const endings: Searchable = searchable({
  says: "that the data are complete is said only where they are, wherever the transport is cut",
  inputs: fc.record({ texts: fc.array(text, { minLength: 1, maxLength: 3 }), at: fc.nat({ max: 999 }) }),
  judge: (design, { texts, at }) => {
    const { client, server } = connect(design);
    for (const one of texts) client.write(one);
    client.close();
    const wire = client.take();
    const cut = at % wire.length;
    server.receive(wire.slice(0, cut));
    server.transportEnded();
    const written = texts.reduce((sum, { length }) => sum + length, 0);
    if (!server.ended || server.delivered.length === written) return undefined;
    return [
      `the client writes ${texts.map(toHex).join(" ")}, and closes`,
      `${cut} of ${wire.length} bytes arrive, then the transport ends`,
      `the server delivers ${server.delivered.length} of ${written} bytes, and says that this is all`,
    ];
  },
});

export const eavesdropping: Searchable = searchable({
  says: "who hears everything reads nothing, also where it multiplies and XORs what it hears",
  inputs: longText,
  judge: (design, written) => {
    const client = design.client();
    const server = design.server("sam");
    const first = client.take();
    server.receive(first);
    const answer = server.take();
    client.receive(answer);
    converse(client, server);
    client.write(written);
    const wire = client.take();
    for (const [own, a] of words(first)) {
      for (const [others, b] of words(answer)) {
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, Math.imul(a, b) >>> 0, true);
        if (indexOf(xor(wire, key), written) < 0) continue;
        return [
          `the client says ${toHex(first.slice(own, own + 4))}, the server says ${toHex(answer.slice(others, others + 4))}`,
          `the client writes ${toHex(written)}, and sends ${toHex(wire)}`,
          `XORed with the product ${toHex(key)} that is ${toHex(xor(wire, key))}`,
        ];
      }
    }
    return undefined;
  },
});

/** The numbers that the first bytes of a message may be, by offset. */
function* words(message: Uint8Array): Generator<[number, number]> {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (let at = 0; at + 4 <= Math.min(message.length, 32); at += 4) yield [at, view.getUint32(at, true)];
}

export const machines: Searchable = searchable({
  says: "an end on a machine of the other byte order understands the client",
  inputs: text,
  judge: (design, written) => {
    const { client, server } = connect(design, onOtherMachine);
    if (!client.believes) return ["the client and a server on another machine do not come together"];
    client.write(written);
    const wire = client.take();
    onOtherMachine(() => server.receive(wire));
    if (equal(server.delivered, written)) return undefined;
    return [
      `the client writes ${toHex(written)}`,
      `the server, whose machine has the other byte order, delivers ${toHex(server.delivered)}`,
    ];
  },
});

export const keyStreams: Searchable = searchable({
  says: "no two texts are under the same key stream",
  inputs: fc.array(fc.tuple(byte, byte), { minLength: longEnough, maxLength: 40 }),
  judge: (design, pairs) => {
    const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)].map((text) =>
      Uint8Array.from(text),
    ) as [Uint8Array, Uint8Array];
    const { client } = connect(design);
    client.write(first);
    const one = client.take();
    client.write(second);
    const other = client.take();
    if (indexOf(xor(one, other), xor(first, second)) < 0) return undefined;
    return [
      `the client writes ${toHex(first)}, and sends ${toHex(one)}`,
      `it writes ${toHex(second)}, and sends ${toHex(other)}`,
      `one XOR the other is ${toHex(xor(one, other))}, as it is of the texts`,
    ];
  },
});

export const claims = {
  clientsBelief,
  serversBelief,
  tampering,
  lengths,
  endings,
  eavesdropping,
  machines,
  keyStreams,
} as const satisfies Record<string, Searchable>;
export type ClaimName = keyof typeof claims;
