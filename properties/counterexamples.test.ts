/**
 * Why: a suite that has never found anything may not be able to. Here its claims are put to two published designs as well,
 * small and faithful copies of which are kept for it: the boxed-proof handshake that Hawser grew from, and MXC. Every fault
 * that is known of them has to be found, and come out as a trace that a reader can follow; Hawser has to have none.
 */
import { describe, expect, it } from "vitest";
import { boxedProof } from "./counterexamples/boxed-channel.ts";
import { type ClaimName, claims } from "./counterexamples/claims.ts";
import { converse, type Design } from "./counterexamples/design.ts";
import { hawser } from "./counterexamples/hawser.ts";
import { mxc } from "./counterexamples/mxc.ts";
import { onOtherMachine } from "./counterexamples/other-machine.ts";
import { ascii } from "./reference/primitives.ts";
import { runs } from "./seed.ts";

/** The traces that fast-check shrinks to, whatever the seed. */
const broken: readonly (readonly [fault: string, Design, ClaimName, readonly string[]])[] = [
  [
    "impersonation of the server",
    boxedProof,
    "clientsBelief",
    [
      "server sam gets: session key of the client",
      "the client gets: the attacker's session key | proof of server sam",
      "the client believes, and nobody has had this conversation with it",
    ],
  ],
  [
    "role reflection",
    boxedProof,
    "serversBelief",
    [
      "server tom gets: the attacker's session key",
      "server sam gets: session key of server tom",
      "server tom gets: sam's long-term key | proof of server sam",
      "server tom believes, and nobody has had this conversation with it",
    ],
  ],
  [
    "underflow at length 1",
    boxedProof,
    "lengths",
    [
      "the server gets 0001",
      "then 65,537 bytes, as many as the largest record has",
      "it delivers nothing, refuses nothing, and waits for more",
    ],
  ],
  [
    "no authenticated end",
    boxedProof,
    "endings",
    [
      "the client writes 00, and closes",
      "0 of 21 bytes arrive, then the transport ends",
      "the server delivers 0 of 1 bytes, and says that this is all",
    ],
  ],
  [
    "no authentication of the server",
    mxc,
    "clientsBelief",
    [
      "the client gets: the attacker's number",
      "the client believes, and nobody has had this conversation with it",
    ],
  ],
  [
    "no authentication of the client",
    mxc,
    "serversBelief",
    [
      "server tom gets: the attacker's number",
      "server tom believes, and nobody has had this conversation with it",
    ],
  ],
  [
    "no integrity",
    mxc,
    "tampering",
    ["the client writes 00", "bit 0 of byte 0 is turned on the way", "the server delivers 01"],
  ],
  [
    "key from the wire",
    mxc,
    "eavesdropping",
    [
      "the client says 0110f2ee, the server says 650f65af",
      "the client writes 0000000000000000, and sends 655fd573655fd573",
      "XORed with the product 655fd573 that is 0000000000000000",
    ],
  ],
  [
    "byte-order dependence",
    mxc,
    "machines",
    ["the client writes 00", "the server, whose machine has the other byte order, delivers fa"],
  ],
  [
    "a repeated key stream",
    mxc,
    "keyStreams",
    [
      "the client writes 0000000000000000, and sends 655fd573655fd573",
      "it writes 0000000000000000, and sends 655fd573655fd573",
      "one XOR the other is 0000000000000000, as it is of the texts",
    ],
  ],
  [
    "no authenticated end",
    mxc,
    "endings",
    [
      "the client writes 00, and closes",
      "0 of 1 bytes arrive, then the transport ends",
      "the server delivers 0 of 1 bytes, and says that this is all",
    ],
  ],
];

const names = Object.keys(claims) as ClaimName[];
const designs = [boxedProof, mxc, hawser];

describe("a fault of a published design is found:", () => {
  it.each(broken.map(([fault, design, claim, trace]) => ({ fault, design, claim, trace, of: design.name })))(
    "$fault of $of",
    ({ design, claim, trace }) => {
      expect(claims[claim].find(design, { numRuns: runs(20_000) })).toEqual(trace);
    },
  );
});

describe("SC-001 SC-002 SC-005 SC-006 SC-041: no other fault is found", () => {
  const holding = designs.flatMap((design) =>
    names
      .filter((name) => !broken.some(([, other, claim]) => other === design && claim === name))
      .map((name) => ({ design, name, of: design.name, says: claims[name].says })),
  );

  it.each(holding)("in $of: $says", ({ design, name }) => {
    expect(claims[name].find(design, { numRuns: runs(design === hawser ? 200 : 50) })).toBeUndefined();
  });

  it("in Hawser: every claim is put to it", () => {
    expect(holding.filter(({ design }) => design === hawser).map(({ name }) => name)).toEqual(names);
  });
});

describe.each(designs)("$name", (design) => {
  it("works between honest ends, so that the claims have something to judge", () => {
    const [client, server] = [design.client(), design.server("sam")];
    converse(client, server);
    expect([client.believes, server.believes]).toEqual([true, true]);
    client.write(ascii("to the server"));
    server.write(ascii("to the client"));
    client.close();
    converse(client, server);
    server.transportEnded();
    expect(server.delivered).toEqual(ascii("to the server"));
    expect(client.delivered).toEqual(ascii("to the client"));
    expect([server.ended, server.failed]).toEqual([true, false]);
  });
});

describe("the other machine", () => {
  it("has its numbers the other way round, and bytes as they are", () => {
    const bytes = (): number[] => {
      const numbers = new Uint32Array(2);
      numbers[1] = 0x01020304;
      return [...new Uint8Array(numbers.buffer)];
    };
    const here = bytes();
    expect(onOtherMachine(bytes)).toEqual([...here.slice(0, 4), ...here.slice(4).reverse()]);
    expect(onOtherMachine(() => new Uint16Array(Uint8Array.of(1, 2).buffer)[0])).not.toBe(
      new Uint16Array(Uint8Array.of(1, 2).buffer)[0],
    );
    expect(bytes()).toEqual(here);
  });
});
