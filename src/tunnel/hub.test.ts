/** Why: of several gates a log, a status page and limits have to be made as of one, whichever comes, goes or says nonsense. */
import { describe, expect, it } from "vitest";
import type { HubMessage } from "./gate-messages.ts";
import { Hub } from "./hub.ts";
import type { TunnelEvent } from "./observer.ts";

function scene() {
  const events: TunnelEvent[] = [];
  const told: (readonly [number, HubMessage])[] = [];
  const hub = new Hub(
    (event) => events.push(event),
    (gate, message) => told.push([gate, message]),
  );
  return { hub, events, told };
}

const peer = { keyName: "alice", publicKey: "hawser1x", address: "[::1]:1" };
const opened = { type: "connectionOpened", connection: 7, peer, backend: "b" } as const;
const closed = { ...opened, type: "connectionClosed", bytesIn: 1, bytesOut: 2, milliseconds: 3 } as const;
const event = (of: object) => ({ type: "event", event: of });

describe("a hub", () => {
  it("gives connections of several gates numbers of its own", () => {
    const { hub, events } = scene();
    for (const gate of [1, 2]) hub.started(gate);
    for (const gate of [1, 2]) hub.heard(gate, event(opened));
    hub.heard(2, {
      type: "bytes",
      of: [
        [7, 10, 20],
        [8, 1, 1],
      ],
    });
    expect(hub.status()).toMatchObject([
      { connection: 1, keyName: "alice", bytesIn: 0 },
      { connection: 2, bytesIn: 10, bytesOut: 20 },
    ]);
    hub.heard(
      1,
      event({ type: "backendFailed", connection: 7, backend: "b", failure: { code: "c", words: "w" } }),
    );
    hub.heard(2, event(closed));
    hub.heard(2, event(closed)); // Twice says nothing more.
    expect(events.map((each) => [each.type, "connection" in each && each.connection])).toEqual([
      ["connectionOpened", 1],
      ["connectionOpened", 2],
      ["backendFailed", 1],
      ["connectionClosed", 2],
    ]);
    expect(hub.status()).toHaveLength(1);
  });

  it("tells each gate what the others have, those that come later too, and whose key has been removed", () => {
    const { hub, told } = scene();
    for (const gate of [1, 2]) hub.started(gate);
    hub.heard(1, event(opened));
    const elsewhere = { type: "elsewhere", connection: 1, publicKey: "hawser1x", host: "::1" };
    hub.started(3);
    hub.took(3);
    hub.heard(3, { type: "removed", publicKey: "hawser1x" });
    hub.heard(1, event(closed));
    const remove = { type: "remove", publicKey: "hawser1x" };
    const gone = { type: "gone", connection: 1 };
    expect(told).toEqual([
      [2, elsewhere],
      [3, elsewhere],
      [3, { type: "judge" }],
      [1, remove],
      [2, remove],
      [2, gone],
      [3, gone],
    ]);
  });

  it("tells no gate of a removal that an older one has found, which can't know keys that were added", () => {
    const { hub, told } = scene();
    for (const gate of [1, 2, 3]) hub.started(gate);
    hub.heard(2, { type: "removed", publicKey: "hawser1x" });
    expect(told).toEqual([[1, { type: "remove", publicKey: "hawser1x" }]]);
  });

  it("takes leave of what a gate had that is there no more", () => {
    const { hub, events, told } = scene();
    for (const gate of [1, 2]) hub.started(gate);
    hub.heard(1, event(opened));
    hub.ended(1);
    expect(hub.status()).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      ...{ type: "connectionClosed", connection: 1, peer, backend: "b" },
      failure: { code: "ERR_HAWSER_TUNNEL_WORKER" },
    });
    expect(told.at(-1)).toEqual([2, { type: "gone", connection: 1 }]);
  });

  it("keeps a gate's public keys while it is there, and tells once why one did not start", () => {
    const { hub } = scene();
    hub.started(1);
    hub.heard(1, { type: "keys", publicKeys: ["hawser1x"] });
    expect(hub.publicKeys(1)).toEqual(["hawser1x"]);
    hub.ended(1);
    expect(hub.publicKeys(1)).toEqual([]);
    const error = { name: "KeyError", code: "c", words: "w", path: "/p", line: 2 };
    hub.started(2);
    hub.heard(2, { type: "failed", error });
    expect([hub.takeFailure(), hub.takeFailure()]).toEqual([error, undefined]);
    hub.heard(2, { type: "failed", error });
    hub.started(3); // In the place of that one.
    expect(hub.takeFailure()).toBeUndefined();
    hub.heard(2, { type: "failed", error }); // Later than that.
    expect(hub.takeFailure()).toBeUndefined();
  });

  it.each([
    undefined,
    "keys",
    {},
    { type: "constructor" },
    { type: "keys" },
    { type: "keys", publicKeys: [1] },
    { type: "bytes", of: [[1, 2]] },
    { type: "bytes", of: [[1, -2, 3]] },
    { type: "bytes", of: [[1, Number.NaN, 3]] },
    { type: "removed", publicKey: null },
    { type: "failed", error: { name: "x", code: "y" } },
    event({ type: "toString" }),
    event({ type: "reloaded", publicKeys: [] }),
    event({ type: "listening", url: "x", address: "y" }),
    event({ ...opened, peer: { publicKey: 1 } }),
    event({ ...opened, connection: "7" }),
    event({ ...closed, failure: "x" }),
  ])("throws at what no gate says: %j", (said) => {
    const { hub, events, told } = scene();
    hub.started(1);
    expect(() => hub.heard(1, said)).toThrow("the acceptor says what it can't");
    expect([events, told]).toEqual([[], []]);
  });
});
