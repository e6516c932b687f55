/**
 * Why: what past record layers got wrong, played against this one: nonces, lengths, padding, floods. Where the defence can
 * be taken out from outside, the attack is shown to succeed without it.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Primitives } from "../../src/crypto/primitives.ts";
import type { ClientChannel, ServerChannel } from "../../src/protocol/index.ts";
import { Actor, type AnyChannel, converse } from "../model/actor.ts";
import { delivered, joined, primitives, testClient, testServer } from "../model/pair.ts";
import { parts, plaintext, rawClient } from "../model/raw-peer.ts";
import { runs } from "../seed.ts";

interface Both {
  readonly client: Actor<ClientChannel>;
  readonly server: Actor<ServerChannel>;
}

function open(
  clientOptions: Parameters<typeof testClient>[0] = {},
  serverOptions: Parameters<typeof testServer>[0] = {},
): Both {
  const channel = testClient(clientOptions);
  const sides = {
    client: new Actor<ClientChannel>(channel).do(channel.start()),
    server: new Actor<ServerChannel>(testServer(serverOptions)),
  };
  converse(sides);
  return sides;
}

const sent = <C extends AnyChannel>(actor: Actor<C>, text: string): Uint8Array => {
  actor.do(actor.channel.write(new TextEncoder().encode(text)));
  return actor.flush();
};

/** The provider without its nonces: every record of a key under the same one. */
const withoutNonces: Primitives = {
  ...primitives,
  seal: (key, _nonce, ad, text, out) => primitives.seal(key, new Uint8Array(12), ad, text, out),
  open: (key, _nonce, ad, text, out) => primitives.open(key, new Uint8Array(12), ad, text, out),
};

describe("records taken out, repeated and turned round", () => {
  const attempt = (provider: Primitives, network: (first: Uint8Array, second: Uint8Array) => Uint8Array) => {
    const both = open({ primitives: provider }, { primitives: provider });
    const [first, second] = [sent(both.client, "first "), sent(both.client, "second ")];
    both.server.receive(network(first, second));
    return new TextDecoder().decode(delivered(both.server));
  };

  it("SC-005 RC-003: the first record after the handshake can't be taken out unnoticed (prefix truncation)", () => {
    expect(attempt(primitives, (_first, second) => second)).toBe("");
    expect(attempt(withoutNonces, (_first, second) => second)).toBe("second ");
  });

  it("RC-004 RC-013: no record is delivered twice", () => {
    expect(attempt(primitives, (first) => joined([first, first]))).toBe("first ");
    expect(attempt(withoutNonces, (first) => joined([first, first]))).toBe("first first ");
  });

  it("RC-004 RC-026: no record is delivered before its turn", () => {
    expect(attempt(primitives, (first, second) => joined([second, first]))).toBe("");
    expect(attempt(withoutNonces, (first, second) => joined([second, first]))).toBe("second first ");
  });

  it("HS-105 SC-005: an end's own records are nothing to it (reflection)", () => {
    for (const role of ["client", "server"] as const) {
      const actor = open()[role] as Actor<AnyChannel>;
      actor.receive(sent(actor, "mine"));
      expect(actor.channel.failure?.reason).toEqual({ code: "bad_record", check: "cipher" });
      expect(delivered(actor)).toHaveLength(0);
    }
  });

  it("SC-005 HS-004: another connection's records are nothing, though its ends and texts are the same", () => {
    const attempt = (seed: string) => {
      const [other, both] = [open({ seed: "client" }), open({ seed })];
      both.server.receive(sent(other.client, "from another"));
      return new TextDecoder().decode(delivered(both.server));
    };
    expect(attempt("another")).toBe("");
    expect(attempt("client")).toBe("from another");
  });
});

describe("a key and a nonce", () => {
  /** Every sealing: its key and nonce, and what was sealed. */
  function recording() {
    const sealings = new Map<string, Set<string>>();
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const provider: Primitives = {
      ...primitives,
      seal(key, nonce, ad, text, out) {
        const place = `${hex(key)} ${hex(nonce)}`;
        sealings.set(place, (sealings.get(place) ?? new Set()).add(`${hex(ad)} ${hex(text)}`));
        primitives.seal(key, nonce, ad, text, out);
      },
    };
    return { provider, twice: () => [...sealings.values()].filter((texts) => texts.size > 1).length };
  }

  const acts = fc.array(fc.constantFrom("write", "ping", "close", "alert", "carry", "spoil"), {
    maxLength: 12,
  });

  test.prop([acts, acts], { numRuns: runs(60) })(
    "SC-041 RC-003: never seal two texts, whatever the ends do and the network spoils",
    (clients, servers) => {
      const { provider, twice } = recording();
      const firstNonces = { client: 65_534n, server: 65_533n };
      const options = { primitives: provider, firstNonces };
      const both = open(options, options);
      const act = (actor: Actor<AnyChannel>, what: string) => {
        const { channel } = actor;
        if (what === "carry") converse(both);
        else if (what === "spoil" && !actor.hasEndedTransport) actor.receive(new Uint8Array(40));
        else if (what === "alert") actor.do(channel.alert("cancelled"));
        else if (["Open", "HalfClosedRemote"].includes(channel.state)) {
          if (what === "write") actor.do(channel.write(Uint8Array.of(1, 2, 3)));
          if (what === "close") actor.do(channel.close());
          if (what === "ping" && channel.state === "Open") tryTo(() => actor.do(channel.ping()));
        }
      };
      for (let i = 0; i < Math.max(clients.length, servers.length); i++) {
        act(both.client as Actor<AnyChannel>, clients[i] ?? "carry");
        act(both.server as Actor<AnyChannel>, servers[i] ?? "carry");
      }
      expect(twice()).toBe(0);
    },
  );

  it("SC-043: seal two texts where randomness repeats itself, and the recorder sees it", () => {
    const { provider, twice } = recording();
    for (const text of ["one", "two"]) sent(open({ primitives: provider }).client, text);
    expect(twice()).toBe(1);
  });
});

/** One Ping at a time is the application's to see to. */
function tryTo(call: () => unknown): void {
  try {
    call();
  } catch {}
}

describe("lengths that lie", () => {
  it("RC-022: set no memory aside: a length of 65,535 costs what has come", () => {
    const target = open().server;
    let most = 0;
    const usual = globalThis.Uint8Array;
    globalThis.Uint8Array = new Proxy(usual, {
      construct(type, args, own) {
        if (typeof args[0] === "number") most = Math.max(most, args[0]);
        return Reflect.construct(type, args, own);
      },
    });
    try {
      target.receive(usual.of(0xff, 0xff));
      target.receive(usual.of(1, 2, 3));
    } finally {
      globalThis.Uint8Array = usual;
    }
    expect(target.channel.state).toBe("Open");
    expect(most).toBeLessThan(1_024);
  });

  it("RC-015: bring out nothing that lies behind a record (a size larger than its body)", () => {
    for (const type of [0, 1, 4, 5]) {
      const liar = new Actor<ServerChannel>(testServer());
      const peer = rawClient(liar);
      const before = liar.wire.length;
      liar.receive(peer.seal(plaintext(type, 0xffff, Uint8Array.of(0, 1, 2))));
      expect(delivered(liar)).toHaveLength(0);
      expect(liar.has("alert") || liar.has("pong")).toBe(false);
      expect(liar.wire.length - before).toBe(type === 1 ? 0 : 1);
    }
  });

  it("RC-012: of 0 to 18 keep nobody waiting: they are refused at their second byte", () => {
    for (let length = 0; length < 19; length++) {
      const { server } = open();
      server.receive(Uint8Array.of(0, length));
      expect(server.channel.failure?.reason).toEqual({ code: "bad_record", check: "length" });
    }
  });
});

describe("records without content", () => {
  it("RC-025: an endless stream of empty Data is over with its first record", () => {
    const target = new Actor<ServerChannel>(testServer());
    const peer = rawClient(target);
    target.receive(joined(Array.from({ length: 1_000 }, () => peer.record("data"))));
    expect(target.channel.failure?.reason).toEqual({ code: "bad_record", check: "body" });
    expect(target.has("data")).toBe(false);
  });
});

describe("what a sender's answer gives away", () => {
  it("RC-011 RC-019 SC-044: a wrong tag, type, size, padding and body are answered alike, without words", () => {
    const bad: ((peer: ReturnType<typeof rawClient>) => Uint8Array)[] = [
      (peer) => {
        const record = peer.record("data", Uint8Array.of(1));
        return record.with(5, (record[5] ?? 0) ^ 1);
      },
      (peer) => peer.seal(plaintext(6, 1, Uint8Array.of(1))),
      (peer) => peer.seal(plaintext(0, 9, Uint8Array.of(1))),
      (peer) => peer.seal(plaintext(0, 1, Uint8Array.of(1, 0, 1))),
      (peer) => peer.record("ping", Uint8Array.of(1)),
      () => Uint8Array.of(0, 1),
    ];
    const answers = bad.map((make) => {
      const target = new Actor<ServerChannel>(testServer());
      const peer = rawClient(target);
      target.flush();
      target.receive(make(peer));
      const [alert = new Uint8Array(0)] = peer.open(target.flush());
      return parts(alert);
    });
    for (const answer of answers) expect(answer).toEqual({ type: 1, size: 2, body: Uint8Array.of(0, 5) });
  });

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(0x00, 0x41)], {
    numRuns: runs(60),
  })("SC-011 RC-001: the size of a record depends on how much is said, and not on what", (text, byte) => {
    const size = (bytes: Uint8Array) => {
      const { client } = open();
      client.do(client.channel.write(bytes));
      return client.flush().length;
    };
    expect(size(text)).toBe(size(new Uint8Array(text.length).fill(byte)));
    expect(size(text)).toBe(text.length + 2 + 3 + 16);
  });
});
