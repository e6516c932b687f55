import { describe, expect, it } from "vitest";
import { delivered, exchange, openPair, outputTypes, absorb } from "./model/pair.ts";
describe("agreement", () => {
  it("two ends open and talk", () => {
    const pair = openPair();
    expect(pair.client.channel.state).toBe("Open");
    expect(pair.server.channel.state).toBe("Open");
    expect(pair.client.channel.channelBinding).toEqual(pair.server.channel.channelBinding);
    expect(pair.client.channel.exportKeyingMaterial("x", 32)).toEqual(pair.server.channel.exportKeyingMaterial("x", 32));
    absorb(pair.client, pair.client.channel.write(new TextEncoder().encode("hello")));
    absorb(pair.client, pair.client.channel.ping());
    absorb(pair.client, pair.client.channel.close());
    exchange(pair);
    absorb(pair.server, pair.server.channel.close());
    exchange(pair);
    console.log(outputTypes(pair.client.outputs), outputTypes(pair.server.outputs));
    expect(new TextDecoder().decode(delivered(pair.server))).toBe("hello");
  });
});
