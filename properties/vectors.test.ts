/**
 * The channel plays the vectors: each end that a vector offers, its peer's bytes taken from the file, in one piece a
 * step, byte by byte, and all that can be at once. What it sends, delivers and fails of is compared with the file.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CallFields, Role, StepFields, Vector } from "../scripts/vectors-format.ts";
import { bytesOf } from "../spec/vectors/replay.ts";
import { ClientChannel, type KeyHolder, type Output, ServerChannel } from "../src/protocol/index.ts";
import { absorb, delivered, type End, joined, newEnd, primitives } from "./model/pair.ts";
import { watched } from "./model/watched.ts";
import { concat, fromHex, seal, sha256, toHex, u16, zeros } from "./reference/primitives.ts";

const folder = new URL("../spec/vectors/", import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".json") && name !== "schema.json")
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Vector);

const expanded = new Map<string, Uint8Array>();
/** The record of a `filled` step as a plaintext. */
function filledPlaintext(step: StepFields & { kind: "filled" }): Uint8Array {
  const plaintext = zeros(step.plaintextLength);
  plaintext.set([0, ...u16(step.size)]);
  return plaintext.fill(Number.parseInt(step.byte, 16), 3, 3 + step.size);
}

/** The records of a `repeat` or `filled` step. */
function expand(step: StepFields & { kind: "repeat" | "filled" }): Uint8Array {
  const many = step.kind === "repeat";
  const plaintext = many ? fromHex(step.plaintext) : filledPlaintext(step);
  const bytes =
    expanded.get(step.sha256) ??
    concat(
      ...Array.from({ length: many ? step.count : 1 }, (_, i) => {
        const nonce = BigInt(many ? step.firstNonce : step.nonce) + BigInt(i);
        const ciphertext = seal(fromHex(step.key), nonce, zeros(0), plaintext);
        return concat(u16(ciphertext.length), ciphertext);
      }),
    );
  expanded.set(step.sha256, bytes);
  return bytes;
}

function keyHolder({ secret }: { readonly secret: string }): KeyHolder {
  const secretKey = fromHex(secret);
  return {
    publicKey: primitives.x25519PublicKey(secretKey),
    dh: (publicKey) => primitives.x25519(secretKey, publicKey),
  };
}

/** Gives the randomness that a vector names, in its order. */
function randomness(...values: readonly (string | null)[]): (length: number) => Uint8Array {
  const left = values.filter((value) => value !== null).map((value) => fromHex(value));
  return (length) => left.shift() ?? zeros(length);
}

const padding = (block: number | null) => (block === null ? ("none" as const) : { block });

function channelOf(
  vector: Vector,
  role: Role,
  failures: string[],
  now: () => number,
): ClientChannel | ServerChannel {
  const { counters = { client: "0", server: "0" } } = vector;
  const firstNonces = { client: BigInt(counters.client), server: BigInt(counters.server) };
  const inside = { table: watched(failures), firstNonces };
  const common = { primitives, now };
  const { client, server } = vector;
  if (role === "client") {
    return new ClientChannel(
      {
        ...common,
        randomBytes: randomness(client.ephemeral.secret, client.randomRoute),
        keyHolder: keyHolder(client.longTerm),
        ...(client.serverKey === null ? {} : { serverKey: fromHex(client.serverKey) }),
        ...(client.viaKey === null ? {} : { via: fromHex(client.viaKey) }),
        context: client.context,
        padding: padding(client.paddingBlock),
      },
      inside,
    );
  }
  return new ServerChannel(
    {
      ...common,
      randomBytes: randomness(server.ephemeral.secret),
      keyHolders: server.longTerm.map(keyHolder),
      ...(server.contexts === null ? {} : { contexts: server.contexts }),
      application: server.application,
      routes: server.knows !== undefined,
      stealth: server.stealth,
      padding: padding(server.paddingBlock),
    },
    inside,
  );
}

/** What the server's application says when it is asked. */
function decide({ decision }: Vector["server"], channel: ServerChannel): Output[] | undefined {
  if (decision === null) return undefined;
  return decision === "accept" ? channel.accept() : channel.refuse(decision.code, decision.message);
}

/** The calls that make a step from the own end, if it is not one that comes by itself. */
function act(channel: ClientChannel | ServerChannel, step: StepFields, vector: Vector): Output[] {
  if ("waited" in step) return [];
  if (step.kind === "call") return actCall(channel, step, vector);
  if (step.kind === "filled") return channel.write(filledPlaintext(step).slice(3, 3 + step.size));
  if (step.kind !== "repeat" && (step.kind !== "record" || step.under === "verdict")) return [];
  const plaintext = fromHex(step.plaintext);
  const body = plaintext.slice(3, 3 + plaintext[1]! * 256 + plaintext[2]!);
  switch (step.name) {
    case "Data":
      return Array.from({ length: step.kind === "repeat" ? step.count : 1 }, () =>
        channel.write(body),
      ).flat();
    case "Ping":
      return channel.ping(body);
    case "Close":
      return channel.close();
    case "Alert":
      return channel.alert(
        body[0]! * 256 + body[1]!,
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(body.slice(2)),
      );
    default:
      return [];
  }
}

/** What is called at a `call` step; a deadline is the clock's, which the player moves. */
function actCall(channel: ClientChannel | ServerChannel, step: CallFields, vector: Vector): Output[] {
  switch (step.call) {
    case "deadline":
      return channel.tick();
    case "flushed":
      return channel.flushed();
    case "decide":
      return channel instanceof ServerChannel ? (decide(vector.server, channel) ?? []) : [];
    case "close":
      return channel.close();
    case "write":
      return channel.write(new Uint8Array(step.count).fill(Number.parseInt(step.byte, 16)));
    case "alert":
      return channel.alert(step.code, step.message);
  }
}

/** A middlebox that knows some servers answers a `route` output. */
function findServer({ server }: Vector, channel: ServerChannel, serverKey: Uint8Array): Output[] {
  const known = server.knows?.find((each) => each.serverKey === toHex(serverKey));
  if (known === undefined) return channel.refuse("no_route");
  return known.reached ? channel.forward() : channel.refuse("unreachable");
}

type Cutting = "a step at a time" | "byte by byte";

interface Played {
  readonly end: End<ClientChannel | ServerChannel>;
  /** The events that failed it, and the step on whose arrival the first did. */
  readonly failures: readonly string[];
  readonly failedAt: number;
  readonly exporter: readonly string[];
}

function play(vector: Vector, role: Role, cutting: Cutting): Played {
  const failures: string[] = [];
  let time = 0;
  const channel = channelOf(vector, role, failures, () => time);
  const end = newEnd(channel);
  const exporter: string[] = [];
  const answers = {
    peerKey: () => {
      if (channel instanceof ServerChannel) return decidesLater ? undefined : decide(vector.server, channel);
      return vector.client.rejects === undefined ? channel.trust() : channel.reject();
    },
  };
  let isRouted = false;
  const take = (outputs: Output[]) => {
    absorb(end, outputs, answers);
    const route = end.outputs.find((output) => output.type === "route");
    if (route !== undefined && !isRouted && channel instanceof ServerChannel) {
      isRouted = true;
      absorb(end, findServer(vector, channel, route.serverKey), answers);
    }
    if (exporter.length > 0 || channel.channelBinding === undefined || failures.length > 0) return;
    exporter.push(
      ...vector.exports.map(({ label, context, length }) =>
        toHex(channel.exportKeyingMaterial(label, length, fromHex(context))),
      ),
    );
  };
  if (channel instanceof ClientChannel) take(channel.start());
  else if (vector.server.limit !== null) take(channel.refuse(vector.server.limit));
  const decidesLater = vector.steps.some((step) => step.kind === "call" && step.call === "decide");
  let failedAt = -1;
  vector.steps.forEach((step, index) => {
    if (step.from === role) {
      if (step.kind === "call" && step.call === "deadline") time += 10_000;
      if (failures.length === 0) take(act(channel, step, vector));
    } else if (step.kind === "reset") {
      take(channel.transportFailed(new Error("reset")));
    } else if (step.kind === "end") {
      take(channel.transportEnded());
    } else {
      const bytes = bytesOf(step, "arrived", expand);
      const pieces =
        cutting === "byte by byte" && bytes.length < 10_000
          ? [...bytes].map((b) => Uint8Array.of(b))
          : [bytes];
      for (const piece of pieces) take(channel.receive(piece));
    }
    if (failures.length > 0 && failedAt < 0) failedAt = index;
  });
  return { end, failures, failedAt, exporter };
}

describe.each(["a step at a time", "byte by byte"] as const)("HS-003: the vectors, %s", (cutting) => {
  const plays = vectors.flatMap((vector) => vector.plays.map((role) => [vector.slug, role, vector] as const));

  it.each(plays)("%s as the %s", (_, role, vector) => {
    const { end, failures, failedAt, exporter } = play(vector, role, cutting);
    const sent = joined(end.outputs.flatMap((output) => (output.type === "transmit" ? [output.bytes] : [])));
    const own = vector.steps.filter((step) => step.from === role);
    expect(toHex(sha256(sent))).toBe(
      toHex(sha256(concat(...own.map((step) => bytesOf(step, "sent", expand))))),
    );
    const data = delivered(end);
    expect({ length: data.length, sha256: toHex(sha256(data)) }).toEqual(vector.delivered[role]);

    if (vector.forwarded !== undefined && role === "server") {
      const passed = end.outputs.flatMap((output) => (output.type === "forward" ? [output.bytes] : []));
      expect(toHex(joined(passed))).toBe(vector.forwarded.bytes);
    }

    const failure = vector.failures.find(({ by }) => by === role);
    // RC-052: without a counter left there is another event in the place of the one that was looked up.
    const happened = vector.counters === undefined ? failures : failures.slice(-1);
    expect(happened).toEqual(failure === undefined ? [] : [failure.event]);
    if (failure !== undefined) {
      expect(end.channel.failure?.alertSent).toBe(
        typeof failure.answer === "object" ? failure.answer.code : undefined,
      );
      const reason = end.channel.failure?.reason;
      if (failure.check !== null) expect(reason).toMatchObject({ check: failure.check });
      if (failure.received !== null) expect(reason).toMatchObject({ alert: failure.received.code });
      // An own Alert fails its sender when it is sent; all else fails when a step has arrived.
      expect(failedAt).toBe(failure.step);
    }
    if (exporter.length > 0) expect(exporter).toEqual(vector.exports.map(({ output }) => output));
  });

  it("and their exports were compared", () => {
    const compared = plays.filter(([, role, vector]) => play(vector, role, cutting).exporter.length > 0);
    expect(compared.length).toBeGreaterThan(1);
  });
});
