/**
 * The vectors are three things that have to agree: the files, the reference's functions that made them, and the
 * reference's whole ends, which play them without knowing how they were made.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { openRoute } from "../../properties/reference/messages.ts";
import {
  concat,
  fromHex,
  publicOf,
  seal,
  sha256,
  toHex,
  u16,
  zeros,
} from "../../properties/reference/primitives.ts";
import { deliveredBytes, sentBytes } from "../../properties/reference/talk.ts";
import { folder, vectorFiles, vectorNames, vectorsOutOfDate } from "../../scripts/vectors.ts";
import type { Role, StepFields, Vector } from "../../scripts/vectors-format.ts";
import { bytesOf, replay } from "./replay.ts";

const json = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), "utf8"));
const names = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "schema.json");
const vectors = names.map((name) => json(name) as Vector);
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
  json("schema.json") as object,
);

/** A vector's beginning; a decision that is made after it is not made at all. */
function beginning(vector: Vector, length: number): Vector {
  const steps = vector.steps.slice(0, length);
  const decides = ({ steps: all }: Pick<Vector, "steps">) =>
    all.some((step) => step.kind === "call" && step.call === "decide");
  const isUndecided = decides(vector) && !decides({ steps });
  return { ...vector, steps, ...(isUndecided ? { server: { ...vector.server, decision: null } } : {}) };
}

const expanded = new Map<string, Uint8Array>();
/** The records of a `repeat` step, sealed one by one, or the one of a `filled` step. */
function expand(step: StepFields & { kind: "repeat" | "filled" }): Uint8Array {
  const known = expanded.get(step.sha256);
  if (known !== undefined) return known;
  const many = step.kind === "repeat";
  const first = BigInt(many ? step.firstNonce : step.nonce);
  const plaintext = many ? fromHex(step.plaintext) : zeros(step.plaintextLength);
  if (!many) {
    plaintext.set([0, ...u16(step.size)]);
    plaintext.fill(Number.parseInt(step.byte, 16), 3, 3 + step.size);
  }
  const wires = Array.from({ length: many ? step.count : 1 }, (_, i) => {
    const ciphertext = seal(fromHex(step.key), first + BigInt(i), zeros(0), plaintext);
    return concat(u16(ciphertext.length), ciphertext);
  });
  const whole = concat(...wires);
  expanded.set(step.sha256, whole);
  return whole;
}

describe("the vector files", () => {
  it("are what the generator makes, byte for byte, and no other files", () => {
    const files = vectorFiles();
    expect(vectorsOutOfDate(files)).toEqual([]);
    expect(vectorNames()).toEqual([...files.keys()].sort());
    // One character more is noticed, and so is a file that is missing.
    files.set("handshake.json", `${files.get("handshake.json")} `);
    files.set("no-such.json", "");
    expect(vectorsOutOfDate(files).sort()).toEqual(["handshake.json", "no-such.json"]);
  });

  it.each(vectors.map((vector) => [vector.slug, vector] as const))("%s fits the schema", (slug, vector) => {
    validate(vector);
    expect(validate.errors ?? []).toEqual([]);
    expect(names).toContain(`${slug}.json`);
  });

  it("would not fit a closed schema with a field more, one less, or a hex digit in upper case", () => {
    const [vector] = vectors as [Vector];
    expect(validate({ ...vector, more: 1 })).toBe(false);
    expect(validate({ ...vector, client: { ...vector.client, more: 1 } })).toBe(false);
    const { failures: _, ...less } = vector;
    expect(validate(less)).toBe(false);
    const derived = { ...vector.derived, h1: "A".repeat(128) };
    expect(validate({ ...vector, derived })).toBe(false);
  });

  it("have every object in the schema closed", () => {
    const open: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      const fields = value as Record<string, unknown>;
      if (fields["type"] === "object" && fields["additionalProperties"] !== false) open.push(path);
      for (const [name, inner] of Object.entries(fields)) walk(inner, `${path}/${name}`);
    };
    walk(json("schema.json"), "");
    expect(open).toEqual([]);
  });

  it("cite requirements that the text has", () => {
    const text = readdirSync(join(folder, ".."))
      .filter((name) => name.endsWith(".md"))
      .map((name) => readFileSync(join(folder, "..", name), "utf8"))
      .join("\n");
    const cited = new Set(vectors.flatMap(({ requirements }) => requirements));
    expect([...cited].filter((id) => !text.includes(`**${id}**`))).toEqual([]);
  });

  it("name events and alerts as the specification's data do", () => {
    const states = json("../states.json") as { events: Record<string, { roles: Role[] }> };
    const alerts = json("../alerts.json") as { alerts: { name: string; code: number }[] };
    const named = (code: number) =>
      code >= 0x8000 ? "application" : alerts.alerts.find((alert) => alert.code === code)?.name;
    for (const { by, event, answer } of vectors.flatMap(({ failures }) => failures)) {
      expect(states.events[event]?.roles ?? []).toContain(by);
      if (typeof answer === "object") expect(answer.name).toBe(named(answer.code));
    }
  });

  it("have test keys only, which say so in ASCII", () => {
    for (const { client, server, middlebox } of vectors) {
      const pairs = [client.longTerm, client.ephemeral, ...server.longTerm, server.ephemeral, middlebox];
      for (const pair of pairs) {
        if (pair === null) continue;
        expect(new TextDecoder().decode(fromHex(pair.secret))).toMatch(/^TEST KEY [a-z, ]+\.*$/);
        expect(pair.public).toBe(toHex(publicOf(fromHex(pair.secret))));
      }
    }
  });
});

describe("the reference's whole ends play", () => {
  const plays = vectors.flatMap((vector) => vector.plays.map((role) => [vector.slug, role, vector] as const));

  it.each(plays)("%s as the %s", (_, role, vector) => {
    const account = replay(vector, role, expand);
    const own = vector.steps.filter((step) => step.from === role);
    expect(toHex(sentBytes(account))).toBe(
      toHex(concat(...own.map((step) => bytesOf(step, "sent", expand)))),
    );
    expect(account.misused).toEqual([]);

    const delivered = deliveredBytes(account);
    const digest = { length: delivered.length, sha256: toHex(sha256(delivered)) };
    expect(digest).toEqual(vector.delivered[role]);

    const failure = vector.failures.find(({ by }) => by === role);
    if (failure === undefined) {
      expect(account.outcome.state).not.toBe("failed");
      if (vector.forwarded !== undefined && role === "server") {
        expect(account.outcome).toEqual({ state: "forwarded", to: fromHex(vector.forwarded.serverKey) });
      }
    } else {
      expect(account.outcome).toMatchObject({
        state: "failed",
        event: failure.event,
        ...(failure.check === null ? {} : { check: failure.check }),
        ...(failure.received === null ? {} : { code: failure.received.code }),
      });
      const words = account.outcome.state === "failed" ? (account.outcome.message ?? "") : "";
      expect(words).toBe(failure.received?.message ?? "");
      expect(account.alerted).toBe(typeof failure.answer === "object" ? failure.answer.code : null);
      expect(digest).toEqual(failure.delivered);
    }
    if (account.h3 !== null) expect(toHex(account.h3)).toBe(vector.derived.h3);
    if (account.exporter !== null) expect(toHex(account.exporter)).toBe(vector.derived.exporterSecret);
  });

  const failing = plays.filter(([, role, { failures }]) => failures.some(({ by }) => by === role));
  it.each(failing)("%s as the %s: nothing fails one step earlier", (_, role, vector) => {
    const step = vector.failures.find(({ by }) => by === role)?.step;
    expect(replay(beginning(vector, step ?? 0), role, expand).outcome.state).not.toBe("failed");
  });

  const altered = plays.flatMap(([slug, role, vector]) => {
    const at = vector.steps.findIndex(
      (step) => "arrives" in step && step.arrives !== null && step.from !== role,
    );
    return at < 0 ? [] : [[slug, role, vector, at] as const];
  });
  it.each(altered)("%s as the %s: without the alteration that step is all right", (_, role, vector, at) => {
    const first = beginning(vector, at + 1);
    const steps = first.steps.map((step) => ("arrives" in step ? { ...step, arrives: null } : step));
    expect(vector.failures.some(({ step }) => step >= at)).toBe(true);
    expect(replay({ ...first, steps }, role, expand).outcome.state).not.toBe("failed");
  });
});

describe("what a vector says of itself", () => {
  it.each(vectors.map((vector) => [vector.slug, vector] as const))(
    "%s: traces and lengths fit together",
    (_, vector) => {
      const message = (name: string) =>
        vector.steps.find((step) => step.kind === "message" && step.name === name);
      for (const [name, h] of [
        ["Hello", vector.derived.h1],
        ["Challenge", vector.derived.h2],
        ["Response", vector.derived.h3],
      ] as const) {
        const step = message(name);
        if (step?.kind === "message" && step.trace.length > 0) expect(step.trace.at(-1)?.h).toBe(h);
      }
      for (const step of vector.steps) {
        if (step.kind === "repeat" || step.kind === "filled") {
          const bytes = expand(step);
          expect({ length: bytes.length, sha256: toHex(sha256(bytes)) }).toEqual({
            length: step.length,
            sha256: step.sha256,
          });
        }
        if (step.kind === "record") {
          const ciphertext = seal(fromHex(step.key), BigInt(step.nonce), zeros(0), fromHex(step.plaintext));
          expect(step.bytes).toBe(toHex(concat(u16(ciphertext.length), ciphertext)));
        }
      }
    },
  );

  it("handshake-via: the route opens for the middlebox and names the server, which can't open it", () => {
    const vector = vectors.find(({ slug }) => slug === "handshake-via") as Vector;
    const hello = fromHex((vector.steps[0] as { bytes: string }).bytes);
    const secret = (pair: { secret: string } | null | undefined) => fromHex(pair?.secret ?? "");
    expect(openRoute(hello, secret(vector.middlebox))).toEqual({
      named: fromHex(vector.client.serverKey as string),
    });
    expect(openRoute(hello, secret(vector.server.longTerm[0]))).toBe("shut");
  });
});
