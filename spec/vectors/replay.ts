/**
 * Plays a vector to one end of the reference: what a port does with its own implementation, in the reference's
 * terms. It reads the file's fields and none of what made them.
 */
import { type Client, runClient, runServer, type Server } from "../../properties/reference/endpoint.ts";
import { concat, fromHex, zeros } from "../../properties/reference/primitives.ts";
import { blockPadding, noPadding, TYPES } from "../../properties/reference/record.ts";
import type { Account } from "../../properties/reference/talk.ts";
import type { Call } from "../../properties/reference/timeline.ts";
import type { Role, StepFields, Vector } from "../../scripts/vectors-format.ts";

const padding = (block: number | null) => (block === null ? noPadding : blockPadding(block));

function clientOf({ client }: Vector): Client {
  return {
    staticSecret: fromHex(client.longTerm.secret),
    ephemeralSecret: fromHex(client.ephemeral.secret),
    serverKey: client.serverKey === null ? null : fromHex(client.serverKey),
    via: client.viaKey === null ? null : fromHex(client.viaKey),
    random48: client.randomRoute === null ? zeros(48) : fromHex(client.randomRoute),
    context: client.context,
    padding: padding(client.paddingBlock),
  };
}

function serverOf({ server }: Vector): Server {
  return {
    staticSecrets: server.longTerm.map(({ secret }) => fromHex(secret)),
    ephemeralSecret: fromHex(server.ephemeral.secret),
    contexts: server.contexts,
    stealth: server.stealth,
    serves: server.application,
    route: null,
    padding: padding(server.paddingBlock),
  };
}

/** The records of a step as plaintexts: type and body. */
function recordsOf(step: StepFields): { name: string; body: Uint8Array }[] {
  if (step.kind !== "record" && step.kind !== "repeat") return [];
  const plaintext = fromHex(step.plaintext);
  const size = (plaintext[1] as number) * 256 + (plaintext[2] as number);
  const record = { name: TYPES[plaintext[0] as number] as string, body: plaintext.slice(3, 3 + size) };
  return new Array(step.kind === "repeat" ? step.count : 1).fill(record);
}

/**
 * The bytes of a step, as sent or as they arrive. Those of a `repeat` are in no file; `expand` makes them from what
 * the file says of them.
 */
export function bytesOf(
  step: StepFields,
  as: "sent" | "arrived",
  expand: (step: StepFields & { kind: "repeat" }) => Uint8Array,
): Uint8Array {
  if (step.kind === "end") return zeros(0);
  if (step.kind === "repeat") return expand(step);
  return fromHex(as === "arrived" && step.arrives !== null ? step.arrives : step.bytes);
}

export function replay(
  vector: Vector,
  role: Role,
  expand: (step: StepFields & { kind: "repeat" }) => Uint8Array,
): Account {
  const input: Uint8Array[] = [];
  const calls: Call[] = [];
  let at = 0;
  let ended = false;
  const { server, failures } = vector;
  if (role === "server" && server.limit !== null) {
    calls.push({ at: 0, call: "refuse", code: server.limit, message: "" });
  }

  vector.steps.forEach((step, index) => {
    if (step.from !== role) {
      const bytes = bytesOf(step, "arrived", expand);
      input.push(bytes);
      at += bytes.length;
      ended ||= step.kind === "end";
      if (step.kind !== "message") return;
      // The applications' decisions, as soon as they can be made.
      if (step.name === "Challenge" && vector.client.serverKey === null) calls.push({ at, call: "trust" });
      if (step.name === "Response" && server.decision === "accept") calls.push({ at, call: "accept" });
      if (step.name === "Response" && server.decision !== null && server.decision !== "accept") {
        calls.push({ at, call: "refuse", ...server.decision });
      }
      return;
    }
    // What this end sends of its own accord; the Verdict, Pongs and whatever follows a failure come by themselves.
    const failed = failures.some((failure) => failure.by === role && failure.step < index);
    if (failed || (step.kind === "record" && step.under === "verdict")) return;
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

  const script = { input: concat(...input), end: ended ? ("eof" as const) : ("none" as const), calls };
  return role === "client" ? runClient(clientOf(vector), script) : runServer(serverOf(vector), script);
}
