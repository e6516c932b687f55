/** Why: a connection string decides whom a client trusts; what a lenient parser repairs, this one refuses. */
import { describe, expect, it } from "vitest";
import { everythingOf, refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import type { ClientOptions } from "../protocol/index.ts";
import type { KeyErrorCode } from "./errors.ts";
import { formatPublicKey, parsePublicKey } from "./text.ts";
import {
  type ConnectionTarget,
  canonicalTarget,
  formatConnectionString,
  parseConnectionString,
} from "./url.ts";

const key = "hawser1s5s0qzvfxzn4gayt0hwtg0hhtgxm7wsdycup4a8t5j5ca25mfe4q7ygag2";
const other = "hawser1m60dkltm0hqmf56mv8pweep4xulcxs7gtduxwnddl3lpgmug9d8s6uyl8m";
// TEST KEY: Alice of RFC 7748 §6.1, known to everybody.
const secret = "HAWSER-SECRET-KEY-1WURK6ZNNRZJH60QKC9E9RVNXGH05CTU8A0QFJ243WLA628DE9S4QHAE0QF";
const serverKey = parsePublicKey(key);
const via = parsePublicKey(other);

const refused = (text: string): KeyErrorCode => refusal(() => parseConnectionString(text)).code;
const hostOf = (host: string): string => {
  const { endpoint } = parseConnectionString(`hawser://${host}:7000`);
  return endpoint.transport === "tcp" ? endpoint.host : "";
};

describe("connection strings", () => {
  it.each<[string, ConnectionTarget]>([
    [
      `hawser://${key}@example.org:7000`,
      { endpoint: { transport: "tcp", host: "example.org", port: 7000 }, serverKey },
    ],
    [
      `hawser://${key}@10.0.0.1:1?via=${other}&context=redis%2F1`,
      { endpoint: { transport: "tcp", host: "10.0.0.1", port: 1 }, serverKey, via, context: "redis/1" },
    ],
    [`hawser://[2001:db8::1]:65535`, { endpoint: { transport: "tcp", host: "2001:db8::1", port: 65535 } }],
    [`hawser+unix://${key}@/run/h.sock`, { endpoint: { transport: "unix", path: "/run/h.sock" }, serverKey }],
    [
      `hawser+unix:///tmp/a%20b%3F?context=x`,
      { endpoint: { transport: "unix", path: "/tmp/a b?" }, context: "x" },
    ],
  ])("KT-060, KT-081, KT-082: %s, both ways", (text, target) => {
    expect(parseConnectionString(text)).toEqual(target);
    expect(formatConnectionString(target)).toBe(text);
  });

  it("KT-061: at most 2,048 characters", () => {
    expect(parseConnectionString(`hawser+unix:///${"%61".repeat(100)}`).endpoint).toEqual({
      transport: "unix",
      path: `/${"a".repeat(100)}`,
    });
    expect(refused(`hawser+unix:///${"a".repeat(2034)}`)).toBe("ERR_HAWSER_URL_LENGTH");
    expect(refused(`hawser+unix:///${"a".repeat(2033)}`)).toBe("ERR_HAWSER_URL_PATH");
  });

  it("KT-062, KT-013: a secret key anywhere, percent-encoded too, is refused unseen", () => {
    for (const text of [
      secret,
      `hawser://${secret}@h:1`,
      `hawser://${secret.toLowerCase()}@h:1`,
      `hawser://${secret.replaceAll("-", "%2D")}@h:1`,
      `hawser://${key}:${secret}@h:1`,
      `hawser://${key}@${secret}:1`,
      `hawser://${key}@h:1?via=${secret}`,
      `hawser://${key}@h:1?${secret}=1`,
      `hawser://${key}@h:1?context=${secret}`,
      `hawser+unix://${key}@/${secret}`,
      `hawser+unix://${key}@/${secret.replaceAll("-", "%2d")}`,
      `hawser+unix:///%48${secret.slice(1)}`,
      ` ${secret} `,
      `hawser://${key}@h:1#${secret}${"x".repeat(3000)}`,
    ]) {
      const error = refusal(() => parseConnectionString(text));
      expect(error.code).toBe("ERR_HAWSER_KEY_SECRET");
      expect(shows(everythingOf(error), secret.slice(19))).toBe(false);
    }
  });

  it("KT-063: blanks, backslashes, quotes and other letters have no place, at the ends neither", () => {
    for (const character of [...' \t\n\r"<>\\^`{|}é\u202e\0\ufeff']) {
      expect(refused(`hawser://h:1${character}`)).toBe("ERR_HAWSER_URL_CHARACTER");
      expect(refused(`${character}hawser://h:1`)).toBe("ERR_HAWSER_URL_CHARACTER");
      expect(refused(`hawser+unix:///a${character}b`)).toBe("ERR_HAWSER_URL_CHARACTER");
    }
  });

  it("KT-064: no fragment, not even an empty one", () => {
    expect(refused("hawser://h:1#")).toBe("ERR_HAWSER_URL_FRAGMENT");
    expect(refused("hawser+unix:///a#b")).toBe("ERR_HAWSER_URL_FRAGMENT");
  });

  it("KT-065: the scheme in any case, and no other scheme", () => {
    expect(formatConnectionString(parseConnectionString(`HAWSER+Unix://${key}@/a`))).toBe(
      `hawser+unix://${key}@/a`,
    );
    for (const text of [
      "",
      key,
      "h:1",
      "hawser:h:1",
      "hawser:/h:1",
      "https://h:1",
      "hawser+tcp://h:1",
      "xhawser://h:1",
    ]) {
      expect(refused(text)).toBe("ERR_HAWSER_URL_SCHEME");
    }
  });

  it("KT-066: percent-encoding is read once, strictly, after the splitting", () => {
    expect(parseConnectionString(`hawser://%68${key.slice(1)}@%48:1?vi%61=${other}`)).toEqual({
      endpoint: { transport: "tcp", host: "h", port: 1 },
      serverKey,
      via,
    });
    expect(parseConnectionString("hawser+unix:///%2561%2Fb%3f").endpoint).toEqual({
      transport: "unix",
      path: "/%61/b?",
    });
    expect(parseConnectionString("hawser://h:1?context=a%26b%3Dc").context).toBe("a&b=c");
    for (const bad of ["%", "%4", "%zz", "%ff", "%c3", "%ed%a0%80"]) {
      expect(refused(`hawser+unix:///a${bad}`)).toBe("ERR_HAWSER_URL_ENCODING");
      expect(refused(`hawser://h:1?context=${bad}`)).toBe("ERR_HAWSER_URL_ENCODING");
    }
    expect(refused("hawser://h%3A1")).toBe("ERR_HAWSER_URL_HOST");
    expect(refused("hawser://h:%31")).toBe("ERR_HAWSER_URL_PORT");
  });

  it("KT-067, KT-083: before the @ is one public key, never nothing", () => {
    for (const text of [
      "hawser://@h:1",
      "hawser+unix://@/a",
      `hawser://${key}:pw@h:1`,
      `hawser://${key}:@h:1`,
      `hawser://a@${key}@h:1`,
    ]) {
      expect(refused(text)).toBe("ERR_HAWSER_URL_USERINFO");
    }
    expect(refused("hawser://me@h:1")).toBe("ERR_HAWSER_KEY_PREFIX");
    expect(refused(`hawser://${key.slice(0, -1)}@h:1`)).toBe("ERR_HAWSER_KEY_LENGTH");
    expect(refused(`hawser://${key.toUpperCase()}@h:1`)).toBe("ERR_HAWSER_KEY_WRONG_CASE");
    expect(refusal(() => parseConnectionString("hawser://me@h:1")).message).toContain("the server's key");
    expect(refusal(() => parseConnectionString(`hawser://${key}@h:1?via=x`)).message).toContain(
      "the via key",
    );
    expect(refused(`hawser://${key}@h:1?via=`)).toBe("ERR_HAWSER_KEY_EMPTY");
  });

  it.each(["", ":", ":0", ":65536", ":99999", ":123456", ":07000", ":+1", ":1e3", ":-1", ":x", ":0x1"])(
    "KT-068: %j is no port",
    (port) => {
      expect(refused(`hawser://h${port}`)).toBe("ERR_HAWSER_URL_PORT");
      expect(refused(`hawser://[::1]${port}`)).toBe("ERR_HAWSER_URL_PORT");
      const { message } = refusal(() => parseConnectionString(`hawser://h${port}`));
      expect(message.includes("missing")).toBe(port === "" || port === ":");
    },
  );

  it("KT-069: names, in lower case", () => {
    expect(hostOf("EXAMPLE.Org")).toBe("example.org");
    expect(hostOf("_srv.a-b.xn--mnchen-3ya.")).toBe("_srv.a-b.xn--mnchen-3ya.");
    expect(hostOf(`${"a".repeat(63)}.b`)).toBe(`${"a".repeat(63)}.b`);
    for (const bad of [
      "",
      "%20",
      "a..b",
      ".",
      ".a",
      "-a",
      "a-",
      "a*b",
      "m%C3%BCnchen",
      "a%00b",
      "a%2Fb",
      "a%25b",
      `${"a".repeat(64)}.b`,
      `${"a.".repeat(127)}a`,
    ]) {
      expect(refused(`hawser://${bad}:7000`), bad).toBe("ERR_HAWSER_URL_HOST");
    }
    expect(refused("hawser://::1:7000")).toBe("ERR_HAWSER_URL_HOST");
    expect(refused("hawser://")).toBe("ERR_HAWSER_URL_HOST");
    expect(refused("hawser:///a")).toBe("ERR_HAWSER_URL_HOST");
  });

  it("KT-086: a key, whole or cut, where the host belongs is no first use", () => {
    for (const text of [
      key,
      key.slice(0, 50),
      key.slice(0, 27),
      key.toUpperCase(),
      `%68${key.slice(1, 40)}`,
    ]) {
      for (const rest of [":7000", "", ":x", ".example.org:7000"]) {
        const error = refusal(() => parseConnectionString(`hawser://${text}${rest}`));
        expect(error.code).toBe("ERR_HAWSER_URL_HOST");
        expect(error.message).toContain("looks like a public key");
        expect(error.message).toContain("KEY@HOST:PORT");
        expect(shows(everythingOf(error), key.slice(7))).toBe(false);
      }
    }
    for (const name of ["hawser1", "hawser1.example.org", "hawser1-eu-west.example.org", key.slice(0, 26)]) {
      expect(hostOf(name)).toBe(name);
    }
    const endpoint = { transport: "tcp", host: key.slice(0, 50), port: 7000 } as const;
    expect(refusal(() => formatConnectionString({ endpoint })).code).toBe("ERR_HAWSER_URL_HOST");
  });

  it("KT-070: what looks like an IPv4 address is one of four plain numbers", () => {
    expect(hostOf("255.0.10.199")).toBe("255.0.10.199");
    for (const bad of [
      "127.1",
      "1",
      "010.0.0.1",
      "256.0.0.1",
      "0x7f000001",
      "0x",
      "1.2.3.4.",
      "1.2.3.4.5",
      "a.1",
      "1.2.3.0x4",
    ]) {
      expect(refused(`hawser://${bad}:7000`), bad).toBe("ERR_HAWSER_URL_HOST");
    }
  });

  it.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
    ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["0001:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["fe80::1%25eth0.5", "fe80::1%eth0.5"],
  ])("KT-071, KT-072: [%s] is %s", (text, host) => {
    expect(hostOf(`[${text}]`)).toBe(host);
    const target: ConnectionTarget = { endpoint: { transport: "tcp", host, port: 7000 } };
    expect(parseConnectionString(formatConnectionString(target))).toEqual(target);
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "h",
    "1.2.3.4",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7:8::",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::%65th0",
    "fe80::1%eth0",
    "fe80::1%25",
    "fe80::1%25a%25b",
    "fe80::1%25a%2Fb",
    "%3A%3A1",
    "[::1]",
  ])("KT-071, KT-072: [%s] is no address", (text) => {
    expect(refused(`hawser://[${text}]:7000`)).toBe("ERR_HAWSER_URL_HOST");
  });

  it("KT-071: an encoded colon makes no address without brackets", () => {
    expect(refused("hawser://%3A%3A1:7000")).toBe("ERR_HAWSER_URL_HOST");
  });

  it("KT-073: after the port nothing but one /", () => {
    expect(formatConnectionString(parseConnectionString("hawser://h:1/"))).toBe("hawser://h:1");
    expect(parseConnectionString("hawser://h:1/?context=a").context).toBe("a");
    for (const path of ["//", "/a", "/%2F"])
      expect(refused(`hawser://h:1${path}`)).toBe("ERR_HAWSER_URL_PATH");
  });

  it("KT-074: a unix socket has no host, so no relative path either", () => {
    for (const text of [
      "hawser+unix://h/a",
      `hawser+unix://${key}@run/a.sock`,
      "hawser+unix://a.sock",
      "hawser+unix://[::1]/a",
    ]) {
      expect(refused(text)).toBe("ERR_HAWSER_URL_HOST");
    }
  });

  it("KT-074, KT-084: a key right before the path lacks its @", () => {
    for (const text of [key, key.slice(0, 40)]) {
      const error = refusal(() => parseConnectionString(`hawser+unix://${text}/run/h.sock`));
      expect(error.code).toBe("ERR_HAWSER_URL_HOST");
      expect(error.message).toContain("put @ after the key");
    }
  });

  it("KT-071: an endpoint's host has neither brackets nor port, and the error says so", () => {
    const of = (host: string) =>
      refusal(() => formatConnectionString({ endpoint: { transport: "tcp", host, port: 1 } }));
    expect(of("[::1]").message).toContain("has no brackets");
    expect(of("h:7000").message).toContain("has a port in it");
    expect(of("host:7000").message).toContain("has a port in it");
    for (const host of ["[::1]", "[::1]:7000", "h:7000", "h:", ":1"])
      expect(of(host).code).toBe("ERR_HAWSER_URL_HOST");
  });

  it("KT-075: a unix path is literal, whole and short enough", () => {
    const pathOf = (text: string) => parseConnectionString(`hawser+unix://${text}`).endpoint;
    for (const path of ["/a/../b", "/./a", "//a", "/a:b@c"])
      expect(pathOf(path)).toEqual({ transport: "unix", path });
    expect(pathOf(`/${"%C3%A9".repeat(53)}`)).toEqual({ transport: "unix", path: `/${"é".repeat(53)}` });
    for (const path of ["", "/", "/a/", "/a%00b", `/${"a".repeat(107)}`, `/${"%C3%A9".repeat(53)}a`]) {
      expect(refused(`hawser+unix://${path}`), path).toBe("ERR_HAWSER_URL_PATH");
    }
  });

  it.each([
    "",
    "via",
    "context",
    "=x",
    "&",
    "context=a&",
    "x=1",
    "Via=a",
    "context=a&context=a",
    "context=&context=",
    "a+b=c",
  ])("KT-076: ?%s is no list of parameters", (query) => {
    expect(refused(`hawser://${key}@h:1?${query}`)).toBe("ERR_HAWSER_URL_PARAMETER");
  });

  it("KT-077: a + is a plus, and a second = or ? belongs to the value", () => {
    expect(parseConnectionString("hawser://h:1?context=a+b=c?d").context).toBe("a+b=c?d");
  });

  it("KT-078: a context is at most 32 bytes from 0x21 to 0x7E, an empty one none", () => {
    expect(parseConnectionString(`hawser://h:1?context=${"~".repeat(32)}`).context).toBe("~".repeat(32));
    expect("context" in parseConnectionString("hawser://h:1?context=")).toBe(false);
    for (const bad of ["a".repeat(33), "a%20b", "%7F", "%00", "%C3%A9", "a%0A"]) {
      expect(refused(`hawser://h:1?context=${bad}`)).toBe("ERR_HAWSER_URL_CONTEXT");
    }
  });

  it("KT-079: no via key without a server key", () => {
    expect(refused(`hawser://h:1?via=${other}`)).toBe("ERR_HAWSER_URL_VIA");
  });

  it("has the names of a client's options, so that none is lost in between", () => {
    const options: Partial<ClientOptions> = {
      ...parseConnectionString(`hawser://${key}@h:1?via=${other}&context=redis`),
    };
    expect(options).toMatchObject({ serverKey, via, context: "redis" });
  });

  it("KT-080: a via key that is the server's means none", () => {
    expect(parseConnectionString(`hawser://${key}@h:1?via=${key}`)).toEqual(
      parseConnectionString(`hawser://${key}@h:1`),
    );
  });

  it("KT-081: writes nothing that it would not read", () => {
    const endpoint = { transport: "tcp", host: "h", port: 1 } as const;
    const written = (target: ConnectionTarget) => refusal(() => formatConnectionString(target)).code;
    expect(written({ endpoint: { ...endpoint, port: 0 } })).toBe("ERR_HAWSER_URL_PORT");
    expect(written({ endpoint: { ...endpoint, port: 1.5 } })).toBe("ERR_HAWSER_URL_PORT");
    expect(written({ endpoint: { ...endpoint, host: "a b" } })).toBe("ERR_HAWSER_URL_HOST");
    expect(written({ endpoint: { ...endpoint, host: "[::1]" } })).toBe("ERR_HAWSER_URL_HOST");
    expect(written({ endpoint: { transport: "unix", path: "a" } })).toBe("ERR_HAWSER_URL_PATH");
    expect(written({ endpoint: { transport: "unix", path: "/\ud800" } })).toBe("ERR_HAWSER_URL_PATH");
    expect(written({ endpoint, context: "a b" })).toBe("ERR_HAWSER_URL_CONTEXT");
    expect(written({ endpoint, via })).toBe("ERR_HAWSER_URL_VIA");
  });

  it("KT-068: an endpoint's port is one of TCP's, and the error says whether it is missing", () => {
    const written = (port: unknown) =>
      refusal(() =>
        formatConnectionString({ endpoint: { transport: "tcp", host: "h", port: port as number } }),
      );
    expect(written(65_536)).toMatchObject({ code: "ERR_HAWSER_URL_PORT" });
    expect(written(65_536).message).toContain("not a number from 1 to 65535");
    expect(written(undefined).message).toContain("is missing");
    expect(formatConnectionString({ endpoint: { transport: "tcp", host: "h", port: 65_535 } })).toBe(
      "hawser://h:65535",
    );
    expect(parseConnectionString("hawser://h:65535").endpoint).toMatchObject({ port: 65_535 });
  });

  it("has no member that it says nothing of", () => {
    expect(Object.keys(parseConnectionString("hawser://h:1"))).toEqual(["endpoint"]);
    expect(Object.keys(parseConnectionString(`hawser://${key}@h:1`))).toEqual(["endpoint", "serverKey"]);
    const endpoint = { transport: "tcp", host: "h", port: 1 } as const;
    expect(Object.keys(canonicalTarget({ endpoint, context: "" }))).toEqual(["endpoint"]);
    expect(Object.keys(canonicalTarget({ endpoint, serverKey, via: serverKey }))).toEqual([
      "endpoint",
      "serverKey",
    ]);
  });

  it.each<[string, unknown, string]>([
    ["the target", undefined, "the target is undefined"],
    ["the endpoint", { endpoint: null }, "the endpoint is null"],
    ["its transport", { endpoint: { transport: "quic" } }, "the endpoint is an object, and its transport"],
    ["the server's key", { serverKey: "x" }, "serverKey is text, .*: use parsePublicKey first"],
    ["the via key", { via: "x" }, "via is text, .*: use parsePublicKey first"],
    ["the context", { context: 1 }, "context is a number"],
  ])("says of %s what it is and what was expected", (_, target, words) => {
    expect(refusal(() => canonicalTarget(target as ConnectionTarget)).message).toMatch(
      new RegExp(`^${words}`),
    );
  });

  it("KT-080: only the server's very key is no via key", () => {
    const endpoint = { transport: "tcp", host: "h", port: 1 } as const;
    for (const at of [0, 31]) {
      const almost = serverKey.slice();
      almost[at] = (almost[at] ?? 0) ^ 1;
      expect(canonicalTarget({ endpoint, serverKey, via: almost }).via).toEqual(almost);
    }
    expect(canonicalTarget({ endpoint, serverKey, via: serverKey.slice() }).via).toBeUndefined();
  });

  it.each([
    ["hawser://:7000", "is missing or has stray colons"],
    ["hawser://a:b:1", "is missing or has stray colons"],
    ["hawser://x[::1]:1", "is missing or has stray colons"],
    ["hawser://[::1]x:1", "is missing or has stray colons"],
    ["hawser://h:1:2", "is missing or has stray colons"],
    ["hawser://[::]", "port is missing"],
    ["hawser://m%C3%BCnchen:1", "a character outside ASCII"],
    ["hawser://a*b:1", "neither an address nor a DNS name"],
    ["hawser://256.0.0.1:1", "looks like an IPv4 address"],
    ["hawser://[1]:1", "brackets hold an IPv6 address"],
    ["hawser://[fe80::1%25a%25b]:1", "brackets hold an IPv6 address"],
    ["hawser://[fe80::1%25a*]:1", "the zone of the IPv6 address"],
    ["hawser://[1::2::3]:1", "is not an IPv6 address"],
    ["hawser://h:1/a", "a path after the port"],
    ["hawser://h:1?via", "parameter 1 after the ? is not NAME=VALUE"],
    ["hawser://h:1?=a", "parameter 1 after the ? is not NAME=VALUE"],
    ["hawser://h:1?context=a&=b", "parameter 2 after the ? is not NAME=VALUE"],
    ["hawser://h:1?=context=a", "parameter 1 after the ? is not NAME=VALUE"],
    ["hawser://h:65536/a", "the port is not a number"],
    ["hawser://[1:2:3:4:5:6:7:8::g]:1", "is not an IPv6 address"],
    ["hawser://h:1?context=a&b=c", "parameter 2 after the ? is neither via nor context"],
    ["hawser://h:1?context=a&context=b", "parameter 2 after the ? repeats context"],
  ])("%s: %s", (text, words) => {
    expect(refusal(() => parseConnectionString(text)).message).toContain(words);
  });

  it("KT-069, KT-070: a name has at most 253 characters, the dot at its end aside; digits at its end are an address", () => {
    const longest = `${"a.".repeat(125)}abc`;
    expect(longest).toHaveLength(253);
    expect(hostOf(longest)).toBe(longest);
    expect(hostOf(`${longest}.`)).toBe(`${longest}.`);
    expect(refused(`hawser://${longest}a:1`)).toBe("ERR_HAWSER_URL_HOST");
    for (const name of ["a.1b", "1.2.3.10x"]) expect(hostOf(name)).toBe(name);
    expect(hostOf("a.0xg")).toBe("a.0xg");
    expect(refused("hawser://a.12:1")).toBe("ERR_HAWSER_URL_HOST");
    for (const host of ["249.250.255.0", "99.100.199.200", "209.1.9.10"]) expect(hostOf(host)).toBe(host);
    expect(
      refusal(() => canonicalTarget({ endpoint: { transport: "tcp", host: "", port: 1 } })).message,
    ).toContain("the host is missing");
  });

  it.each([
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["::ffff:255.0.0.1", "::ffff:ff00:1"],
    ["1:2:3:4:5:6::", "1:2:3:4:5:6::"],
    ["1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"],
    ["0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"],
  ])("KT-072: [%s] is %s, by RFC 5952", (text, host) => {
    expect(hostOf(`[${text}]`)).toBe(host);
  });

  it("KT-071: a zone stands behind an address, has 1 to 64 characters, and nothing around it", () => {
    expect(hostOf(`[fe80::1%25${"z".repeat(64)}]`)).toBe(`fe80::1%${"z".repeat(64)}`);
    const canonical = (host: string) => canonicalTarget({ endpoint: { transport: "tcp", host, port: 1 } });
    for (const host of [`fe80::1%${"z".repeat(65)}`, "fe80::1%a b", "fe80::1%a%b", "%eth0::", "fe80::1%"]) {
      expect(refusal(() => canonical(host)).message, host).toContain("the zone of the IPv6 address");
    }
  });

  it("KT-020: names what is wrong without any part of the string", () => {
    const password = "correct-horse-battery";
    for (const text of [
      `hawser://${key}:${password}@h:1`,
      `hawser://${password}@h:1`,
      `hawser://h:1?${password}=1`,
      `hawser://h:${password}`,
    ]) {
      expect(everythingOf(refusal(() => parseConnectionString(text)))).not.toContain(password);
    }
    expect(formatPublicKey(serverKey)).toBe(key);
  });
});
