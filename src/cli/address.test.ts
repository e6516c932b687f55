/** Why: an address that is read otherwise than it was meant opens a door that nobody knows of. */
import { describe, expect, it } from "vitest";
import { nameOfAddress, parseListenAddress } from "./address.ts";

describe("the address to listen at", () => {
  it.each([
    ["4100", { port: 4100 }, "port 4100"],
    ["0", { port: 0 }, "port 0"],
    ["127.0.0.1:4100", { host: "127.0.0.1", port: 4100 }, "127.0.0.1:4100"],
    ["LocalHost:1", { host: "localhost", port: 1 }, "localhost:1"],
    ["[::1]:65535", { host: "::1", port: 65535 }, "[::1]:65535"],
    ["[::]:0", { host: "::", port: 0 }, "[::]:0"],
    ["unix:/run/x", { path: "/run/x" }, "/run/x"],
    ["unix:x:1", { path: "x:1" }, "x:1"],
  ])("%s is %j", (text, address, name) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(nameOfAddress(parseListenAddress(text))).toBe(name);
  });

  it.each([
    ["", /HOST/],
    ["65536", /0 \(any that is free\) to 65535/],
    ["4100x", /HOST/],
    ["-1", /HOST/],
    ["::1:4100", /in brackets/],
    ["[::1]", /HOST/],
    ["[::1]4100", /HOST/],
    [":4100", /without a host, give the port alone/],
    ["127.1:4100", /address to listen at/],
    ["a b:4100", /address to listen at/],
    ["localhost", /HOST/],
    ["unix:", /path of the socket/],
    ["/run/x", /unix: before it/],
    ["hawser://localhost:4100", /URL to connect to/],
  ])("%j is refused", (text, words) => {
    expect(() => parseListenAddress(text)).toThrow(words);
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: "ERR_HAWSER_USAGE" }));
  });
});
