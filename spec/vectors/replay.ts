/**
 * Plays a vector to one end of the reference: what a port does with its own implementation, in the reference's
 * terms. It reads the file's fields and none of what made them.
 */
import {
  type Client,
  type Counters,
  runClient,
  runServer,
  type Server,
} from "../../properties/reference/endpoint.ts";
import { concat, fromHex, toHex, zeros } from "../../properties/reference/primitives.ts";
import { blockPadding, noPadding, TYPES } from "../../properties/reference/record.ts";
import type { Account } from "../../properties/reference/talk.ts";
import type { Call } from "../../properties/reference/timeline.ts";
import type { Role, StepFields, Vector } from "../../scripts/vectors-format.ts";

const padding = (block: number | null) => (block === null ? noPadding : blockPadding(block));

function countersOf({ counters }: Vector): { counters?: Counters } {
  if (counters === undefined) return {};
  return { counters: { client: BigInt(counters.client), server: BigInt(counters.server) } };
}

function clientOf(vector: Vector): Client {
  const { client } = vector;
  const counters = countersOf(vector);
  return {
    staticSecret: fromHex(client.longTerm.secret),
    ephemeralSecret: fromHex(client.ephemeral.secret),
    serverKey: client.serverKey === null ? null : fromHex(client.serverKey),
    via: client.viaKey === null ? null : fromHex(client.viaKey),
    random48: client.randomRoute === null ? zeros(48) : fromHex(client.randomRoute),
    context: client.context,
    padding: padding(client.paddingBlock),
    ...counters,
  };
}

function serverOf(vector: Vector): Server {
  const { server } = vector;
  const route = (serverKey: Uint8Array) => {
    const known = server.knows?.find((each) => each.serverKey === toHex(serverKey));
    return known === undefined ? "no_route" : known.reached ? "forward" : "unreachable";
  };
  return {
    staticSecrets: server.longTerm.map(({ secret }) => fromHex(secret)),
    ephemeralSecret: fromHex(server.ephemeral.secret),
    contexts: server.contexts,
    stealth: server.stealth,
    serves: server.application,
    route: server.knows === undefined ? null : route,
    padding: padding(server.paddingBlock),
    ...countersOf(vector),
  };
}

export type Expand = (step: StepFields & { kind: "repeat" | "filled" }) => Uint8Array;

/** The records of a step as plaintexts: type and body. */
function recordsOf(step: StepFields): { name: string; body: Uint8Array }[] {
  if (step.kind === "filled") {
    return [{ name: "Data", body: new Uint8Array(step.size).fill(Number.parseInt(step.byte, 16)) }];
  }
  if (step.kind !== "record" && step.kind !== "repeat") return [];
  const plaintext = fromHex(step.plaintext);
  const size = (plaintext[1] as number) * 256 + (plaintext[2] as number);
  const record = { name: TYPES[plaintext[0] as number] as string, body: plaintext.slice(3, 3 + size) };
  return new Array(step.kind === "repeat" ? step.count : 1).fill(record);
}

/**
 * The bytes of a step, as sent or as they arrive. Those of a `repeat` or `filled` are in no file; `expand` makes them
 * from what the file says of them.
 */
export function bytesOf(step: StepFields, as: "sent" | "arrived", expand: Expand): Uint8Array {
  if (step.kind === "end" || step.kind === "reset" || step.kind === "call") return zeros(0);
  if (step.kind === "repeat" || step.kind === "filled") return expand(step);
  if (step.kind === "raw") return fromHex(step.bytes);
  return fromHex(as === "arrived" && step.arrives !== null ? step.arrives : step.bytes);
}

function decision({ server: { decision } }: Vector, at: number): Call[] {
  if (decision === null) return [];
  return [decision === "accept" ? { at, call: "accept" } : { at, call: "refuse", ...decision }];
}

export function replay(vector: Vector, role: Role, expand: Expand): Account {
  const input: Uint8Array[] = [];
  const calls: Call[] = [];
  let at = 0;
  let end: "none" | "eof" | "reset" = "none";
  const decideLater = vector.steps.some((step) => step.kind === "call" && step.call === "decide");
  const { server, failures } = vector;
  if (role === "server" && server.limit !== null) {
    calls.push({ at: 0, call: "refuse", code: server.limit, message: "" });
  }

  vector.steps.forEach((step, index) => {
    if (step.from !== role) {
      const bytes = bytesOf(step, "arrived", expand);
      input.push(bytes);
      // What comes after the end counts as one byte more.
      at += bytes.length + (step.kind === "end" || step.kind === "reset" ? 1 : 0);
      if (step.kind === "end") end = "eof";
      if (step.kind === "reset") end = "reset";
      if (step.kind !== "message") return;
      // The applications' decisions, as soon as they can be made.
      if (step.name === "Challenge" && vector.client.serverKey === null) {
        calls.push({ at, call: vector.client.rejects === undefined ? "trust" : "distrust" });
      }
      if (step.name === "Response" && !decideLater) calls.push(...decision(vector, at));
      return;
    }
    // What this end sends of its own accord; the Verdict, Pongs and whatever follows a failure come by themselves.
    const failed = failures.some((failure) => failure.by === role && failure.step < index);
    if (failed || (step.kind === "record" && step.under === "verdict") || "waited" in step) return;
    if (step.kind === "call") {
      if (step.call === "decide") calls.push(...decision(vector, at));
      else if (step.call === "write") {
        calls.push({
          at,
          call: "write",
          data: new Uint8Array(step.count).fill(Number.parseInt(step.byte, 16)),
        });
      } else if (step.call === "alert") {
        calls.push({ at, call: "alert", code: step.code, message: step.message });
      } else calls.push({ at, call: step.call });
      return;
    }
    for (const { name, body } of recordsOf(step)) {
      if (name === "Data") calls.push({ at, call: "write", data: body });
      else if (name === "Ping") calls.push({ at, call: "ping", bytes: body });
      else if (name === "Close") calls.push({ at, call: "close" });
      else if (name === "Alert") {
        const message = new TextDecoder("utf-8", { ignoreBOM: true }).decode(body.slice(2));
        calls.push({ at, call: "alert", code: (body[0] as number) * 256 + (body[1] as number), message });
      }
    }
  });

  const script = { input: concat(...input), end, calls };
  return role === "client" ? runClient(clientOf(vector), script) : runServer(serverOf(vector), script);
}
