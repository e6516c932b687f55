/**
 * Why: the published design that Hawser grew from has two flaws, which the model finds. Here both attacks run on real
 * bytes: on a small copy of that design they succeed, and the same moves get nowhere with Hawser (G1, G2).
 */
import { describe, expect, it } from "vitest";
import { BoxedClient, BoxedServer, openRecord, PROOF_SIZE } from "./counterexamples/boxed-proof.ts";
import { headers } from "./handshake-traces/ablated.ts";
import { ephemeralOf } from "./handshake-traces/ends.ts";
import { keyPair } from "./handshake-traces/keys.ts";
import { type Fields, type Message, type Pub, publishedTraces, type Step } from "./handshake-traces/trace.ts";
import { implementation } from "./handshake-traces/versions.ts";
import { ascii, concat, zeros } from "./reference/primitives.ts";

const m = keyPair("m");
const [alice, sam, tom] = [keyPair("alice"), keyPair("sam"), keyPair("tom")];
const text = ascii("for sam alone");

/** What the attacker has: its own session key, the servers' long-term public keys, and what was on the wire. */
class Meddler {
  readonly #seen = new Map<string, Uint8Array>();

  see(actor: string, message: Message, bytes: Uint8Array): void {
    this.#seen.set(`${message} of ${actor}`, bytes);
  }

  make(message: Message, { c, s, key, proof }: Fields): Uint8Array {
    if (message === "SessionKey") return this.#session(c);
    const box = this.#had("Proof", proof?.replay ?? "nobody").slice(32);
    if (message === "Proof") return concat(this.#session(s), box);
    const known = { sam: sam.public, tom: tom.public }[key ?? ""];
    if (known === undefined) throw new Error(`it does not know the key of ${key}`);
    return concat(known, box);
  }

  #session(pub: Pub | undefined): Uint8Array {
    if (pub === undefined || !("ephemeral" in pub)) throw new Error("not a session key");
    if (pub.ephemeral === "attacker") return m.public;
    if (pub.ephemeral.startsWith("client")) return this.#had("SessionKey", pub.ephemeral);
    return this.#had("Proof", pub.ephemeral).slice(0, 32);
  }

  #had(message: Message, actor: string): Uint8Array {
    const bytes = this.#seen.get(`${message} of ${actor}`);
    if (bytes === undefined) throw new Error(`it has seen no ${message} of ${actor}`);
    return bytes;
  }
}

function newCast() {
  return {
    client: new BoxedClient(alice, sam.public, ephemeralOf("client 1")),
    servers: new Map([
      ["server 3", new BoxedServer(sam, ephemeralOf("server 3"))],
      ["server 4", new BoxedServer(tom, ephemeralOf("server 4"))],
    ]),
  };
}

/** Runs a trace; throws at the first step that an honest end does not take. */
function runPublished(steps: readonly Step[]) {
  const { client, servers } = newCast();
  const attacker = new Meddler();
  /** What each end has to say next, and whether the last answer was taken. */
  const answers = new Map<string, Uint8Array | boolean>([["client 1", client.sessionKey]]);
  const receive = (to: string, message: Message, bytes: Uint8Array): Uint8Array | boolean => {
    const server = servers.get(to);
    if (server === undefined) return client.answer(bytes) ?? false;
    return message === "SessionKey" ? server.proof(bytes) : server.take(bytes);
  };
  for (const step of steps) {
    if (step.action === "deliver") {
      answers.set(step.to, receive(step.to, step.message, attacker.make(step.message, step.fields)));
    } else if (step.action === "send") {
      const bytes = answers.get(step.actor);
      if (!(bytes instanceof Uint8Array)) throw new Error(`${step.actor} does not: ${step.text}`);
      attacker.see(step.actor, step.message, bytes);
    } else if (step.action !== "accept" || answers.get(step.actor) !== true) {
      throw new Error(`${step.actor} does not: ${step.text}`);
    }
  }
  return { client, servers };
}

function stepsOf(goal: string): readonly Step[] {
  const trace = publishedTraces.find((other) => other.goal === goal);
  if (trace === undefined) throw new Error(`no trace violates ${goal}`);
  return trace.steps;
}

describe("the published design", () => {
  it("works between honest ends", () => {
    const { client, servers } = newCast();
    const server = servers.get("server 3") as BoxedServer;
    const proof = server.proof(client.sessionKey);
    expect(proof).toHaveLength(PROOF_SIZE);
    expect(server.take(client.answer(proof) ?? zeros(0))).toBe(true);
    expect(server.clientKey).toEqual(alice.public);
    expect(server.read(client.write(text))).toEqual(text);
  });

  it("takes no proof of another key's holder, nor for another session key", () => {
    const { client, servers } = newCast();
    expect(client.answer((servers.get("server 4") as BoxedServer).proof(client.sessionKey))).toBeUndefined();
    expect(client.answer((servers.get("server 3") as BoxedServer).proof(m.public))).toBeUndefined();
  });

  it("serverImpersonated: the client tells the attacker what is for its server alone", () => {
    const { client, servers } = runPublished(stepsOf("serverImpersonated"));
    expect(client.peerSession).toEqual(m.public);
    const record = client.write(text);
    expect(openRecord("client", m.secret, client.sessionKey, record)).toEqual(text);
    expect(servers.get("server 3")?.read(record)).toBeNull();
  });

  it("roleReflected: a server takes another server, asked for its proof, for a client", () => {
    const { servers } = runPublished(stepsOf("roleReflected"));
    expect(servers.get("server 4")?.clientKey).toEqual(sam.public);
  });
});

describe("the same moves against Hawser", () => {
  const version = implementation();
  const server = (name: string, owner: string) => version.server({ name, owner });

  it("serverImpersonated: a server's proof beside another ephemeral is no Challenge", () => {
    const client = version.client({ name: "client 1", owner: "alice", wants: "sam" });
    const real = server("server 3", "sam");
    client.start();
    real.receive("Hello", client.wire.get("Hello") as Uint8Array);
    const challenge = real.wire.get("Challenge") as Uint8Array;
    client.receive("Challenge", concat(m.public, challenge.slice(32)));
    expect(client.phase).toBe("failed(bad_challenge)");
    expect(client.wire.has("Response")).toBe(false);
  });

  it("roleReflected: a server's proof, made for another's ephemeral, is no Response", () => {
    const [reflecting, asked] = [server("server 4", "tom"), server("server 3", "sam")];
    const header = headers.h1;
    reflecting.receive("Hello", concat(header, m.public, zeros(48)));
    const session = (reflecting.wire.get("Challenge") as Uint8Array).slice(0, 32);
    asked.receive("Hello", concat(header, session, zeros(48)));
    const shown = (asked.wire.get("Challenge") as Uint8Array).slice(32, 80);
    reflecting.receive("Response", concat(shown, shown));
    expect(reflecting.phase).toBe("failed(bad_response)");
    expect(reflecting.peerKey).toBeUndefined();
  });
});
