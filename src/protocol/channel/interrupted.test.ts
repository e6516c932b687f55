/**
 * What a channel is handed (a clock, randomness, a padding policy) may throw. What that interrupted can't be told, so the
 * channel is over: going on would leave a gap in the data (SC-005).
 */
import { describe, expect, it } from "vitest";
import {
  absorb,
  exchange,
  newPair,
  openPair,
  takeSent,
  testClient,
  testServer,
} from "../../../properties/model/pair.ts";
import { UsageError } from "../usage-error.ts";

const text = (words: string) => new TextEncoder().encode(words);

describe("an exception of something handed in", () => {
  it.each([new Error("broken"), new UsageError("not even a broken one's")])(
    "ends the channel: %s",
    (error) => {
      let breaks = false;
      const padding = (length: number) => {
        if (breaks) throw error;
        return length;
      };
      const pair = openPair(testClient(), testServer({ padding }));
      absorb(pair.client, pair.client.channel.write(text("first ")));
      absorb(pair.client, pair.client.channel.ping());
      breaks = true;
      const { channel } = pair.server;
      expect(() => channel.receive(takeSent(pair.client))).toThrow(error);
      breaks = false;
      expect(channel.state).toBe("Failed");
      absorb(pair.client, pair.client.channel.write(text("second")));
      expect(channel.receive(takeSent(pair.client))).toEqual([]);
    },
  );

  it("ends a server whose randomness fails while it makes its Challenge", () => {
    const randomBytes = () => {
      throw new Error("no entropy");
    };
    const pair = newPair(testClient(), testServer({ randomBytes }));
    expect(() => exchange(pair)).toThrow("no entropy");
    expect(pair.server.channel.state).toBe("Failed");
  });

  it("ends a channel whose clock has no time", () => {
    const clock = { now: 0 };
    const pair = openPair(testClient(), testServer({ clock }));
    clock.now = Number.NaN;
    absorb(pair.client, pair.client.channel.write(text("first")));
    expect(() => pair.server.channel.receive(takeSent(pair.client))).toThrow(TypeError);
    expect(pair.server.channel.state).toBe("Failed");
  });

  it("is not that of misuse, nor that of a call from within a call, which ends only the outer one", () => {
    const { client } = openPair();
    expect(() => client.channel.start()).toThrow(UsageError);
    expect(client.channel.state).toBe("Open");

    let again = (): unknown => undefined;
    const padding = (length: number) => {
      again();
      return length;
    };
    const nested = openPair(testClient({ padding }));
    again = () => nested.client.channel.flushed();
    expect(() => nested.client.channel.write(text("outer"))).toThrow(/from within a call/);
    expect(nested.client.channel.state).toBe("Failed");
  });
});
