/** The vectors of texts: keys, key files, connection strings; and X25519 where libraries differ. */
import {
  readConnectionString,
  type Target,
  writeConnectionString,
} from "../properties/reference/connection-string.ts";
import {
  type Authorized,
  type Fault,
  readAuthorizedKeys,
  readKey,
  readSecretKeyFile,
  writeKey,
  writeUnpadded,
} from "../properties/reference/key-text.ts";
import { concat, dh, fromHex, publicOf, toHex } from "../properties/reference/primitives.ts";
import { NOTICE } from "./vectors-format.ts";
import { LOW_ORDER } from "./vectors-keys.ts";
import { highBit, SECRETS } from "./vectors-setting.ts";

export type TextKind =
  | "public-key"
  | "secret-key"
  | "secret-key-file"
  | "authorized-keys"
  | "connection-string"
  | "x25519";

/** One text: what it says, or why it must be refused. Which fields there are depends on the kind. */
export interface TextCase {
  readonly slug: string;
  readonly title: string;
  readonly requirements: readonly string[];
  readonly [field: string]: unknown;
}

export interface TextVector {
  readonly slug: TextKind;
  readonly title: string;
  readonly notice: string;
  readonly cases: readonly TextCase[];
}

const server = writeKey("public", publicOf(SECRETS.server));
const via = writeKey("public", publicOf(SECRETS.via));
const client = writeKey("public", publicOf(SECRETS.client));
const secret = writeKey("secret", SECRETS.client);

/** Slug, title, requirements, the text, and the error that it must give; none for a good one. */
type Row = readonly [slug: string, title: string, requirements: string, text: string, error?: string];

const isFault = (read: object): read is Fault => "error" in read;

function expectError(slug: string, read: object, error: string | undefined): string | null {
  const found = isFault(read) ? read.error : undefined;
  const meant =
    error === undefined
      ? undefined
      : error.startsWith("URL")
        ? `ERR_HAWSER_${error}`
        : `ERR_HAWSER_KEY_${error}`;
  if (found !== meant) throw new Error(`${slug}: ${found} and not ${meant}`);
  return found ?? null;
}

/** Another letter in the place of one. */
const swap = (text: string, at: number, letter: string): string =>
  text.slice(0, at) + letter + text.slice(at + 1);

function keyRows(kind: "public" | "secret"): Row[] {
  const good = kind === "public" ? server : secret;
  const begin = good.slice(0, kind === "public" ? 7 : 19);
  const lowerOrUpper = (text: string) => (kind === "public" ? text : text.toUpperCase());
  const ff = new Uint8Array(32).fill(0xff);
  return [
    ["good", "A key", "KT-001 KT-002 KT-003", good],
    ["zeros", "32 zero bytes: any value is a key here", "KT-015", writeKey(kind, new Uint8Array(32))],
    ["ones", "32 bytes of 0xff", "KT-015", writeKey(kind, ff)],
    ["empty", "No text", "KT-004", "", "EMPTY"],
    ["blank-before", "A blank before it: nothing is trimmed", "KT-005", ` ${good}`, "SURROUNDED"],
    ["line-feed-after", "A line feed after it", "KT-005", `${good}\n`, "SURROUNDED"],
    ["tab-inside", "A tab inside it", "KT-005", `${good.slice(0, 30)}\t${good.slice(30)}`, "SURROUNDED"],
    ["quoted", "In quotes", "KT-005", `"${good}"`, "SURROUNDED"],
    [
      "later",
      "The beginning of a key elsewhere than at the start",
      "KT-005",
      lowerOrUpper(`key${good}`),
      "SURROUNDED",
    ],
    [
      "mixed-case",
      "One letter in the other case",
      "KT-006",
      swap(good, good.length - 3, good.at(-3) === "9" ? "9" : flipCase(good)),
      "MIXED_CASE",
    ],
    [
      "other-prefix",
      "Another human-readable part",
      "KT-007",
      lowerOrUpper(`age1${good.slice(begin.length)}`),
      "PREFIX",
    ],
    ["prefix-cut", "Without the separator", "KT-007", lowerOrUpper(good.replace("1", "")), "PREFIX"],
    [
      "other-case",
      "Wholly in the other case",
      "KT-008",
      kind === "public" ? good.toUpperCase() : good.toLowerCase(),
      "WRONG_CASE",
    ],
    [
      "character-b",
      "A character that Bech32 does not have: b",
      "KT-009",
      swap(good, 30, lowerOrUpper("b")),
      "CHARACTER",
    ],
    ["character-1", "A second 1", "KT-009", swap(good, 40, "1"), "CHARACTER"],
    ["character-kelvin", "The Kelvin sign is no k", "KT-009", swap(good, 40, "\u212a"), "CHARACTER"],
    ["character-slash", "A slash", "KT-009", swap(good, 40, "/"), "CHARACTER"],
    ["short", "One character less", "KT-010", good.slice(0, -1), "LENGTH"],
    ["long", "One character more", "KT-010", `${good}${lowerOrUpper("q")}`, "LENGTH"],
    ["beginning", "The beginning alone", "KT-010", begin, "LENGTH"],
    [
      "checksum-first",
      "The first data character changed",
      "KT-011",
      swap(good, begin.length, other(good, begin.length)),
      "CHECKSUM",
    ],
    [
      "checksum-last",
      "The last character changed",
      "KT-011",
      swap(good, good.length - 1, other(good, good.length - 1)),
      "CHECKSUM",
    ],
    ["checksum-swapped", "Two neighbours swapped", "KT-011", swapped(good, begin.length), "CHECKSUM"],
    [
      "padding",
      "A good checksum, and the last of the four unused bits set",
      "KT-012",
      writeUnpadded(kind, SECRETS.client),
      "PADDING",
    ],
  ];
}

function flipCase(good: string): string {
  const letter = good.at(-3) as string;
  return letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
}

function other(text: string, at: number): string {
  const [q, p] = /[A-Z]/.test(text) ? ["Q", "P"] : ["q", "p"];
  return text[at] === q ? p : q;
}

/** The first two different neighbours from there on, swapped. */
function swapped(text: string, from: number): string {
  let at = from;
  while (text[at] === text[at + 1]) at++;
  return text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
}

function keys(kind: "public" | "secret"): TextCase[] {
  const misplaced: Row[] =
    kind === "public"
      ? [
          ["secret", "A secret key's text, which no error may show", "KT-013 KT-016", secret, "SECRET"],
          [
            "secret-mangled",
            "Something of a secret key in any case, and damaged",
            "KT-013 KT-016 KT-020",
            "x Hawser-Secret-Key",
            "SECRET",
          ],
        ]
      : [
          ["public", "A public key's text", "KT-014", server, "PUBLIC"],
          ["public-mangled", "Something of a public key, in any case", "KT-014", "see HAWSER1abc", "PUBLIC"],
          [
            "both",
            "A text that mentions both is judged as a secret key's",
            "KT-014 KT-005",
            `${secret} ${server}`,
            "SURROUNDED",
          ],
        ];
  return [...keyRows(kind), ...misplaced].map(([slug, title, requirements, text, error]) => {
    const read = readKey(kind, text);
    const fault = expectError(`${kind} ${slug}`, read, error);
    return {
      slug,
      title,
      requirements: requirements.split(" "),
      text,
      key: isFault(read) ? null : toHex(read),
      error: fault,
    };
  });
}

function files(
  rows: readonly (readonly [...Row, line?: number])[],
  read: (bytes: Uint8Array) => object,
): TextCase[] {
  return rows.map(([slug, title, requirements, text, error]) => {
    // Latin-1, so that any byte can stand in a row.
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const result = read(bytes);
    const fault = expectError(slug, result, error);
    const line = isFault(result) ? (result.line ?? null) : null;
    const good = isFault(result)
      ? null
      : result instanceof Uint8Array
        ? toHex(result)
        : (result as Authorized[]);
    return {
      slug,
      title,
      requirements: requirements.split(" "),
      bytes: toHex(bytes),
      good,
      error: fault,
      line,
    };
  });
}

const bom = "\u00ef\u00bb\u00bf";
const utf16 = `\u00ff\u00fe${Array.from(secret, (letter) => `${letter}\u0000`).join("")}`;

function secretKeyFiles(): TextCase[] {
  const written = `# created: 2025-01-31T12:00:00Z\n# public key: ${client}\n${secret}\n`;
  return files(
    [
      ["written", "As a writer makes it", "KT-032 KT-033", written],
      ["bare", "The key alone, without a line feed", "KT-033", secret],
      [
        "surrounded",
        "A byte order mark, carriage returns, blanks and tabs around lines",
        "KT-030 KT-031",
        `${bom}\r\n  # a comment\r\n\t ${secret} \t\r\n\r\n`,
      ],
      [
        "comment-lies",
        "A comment with another public key: comments are not read",
        "KT-033",
        `# public key: ${server}\n${secret}\n`,
      ],
      ["empty", "An empty file", "KT-033", "", "FILE_NO_KEY"],
      ["comments", "Comments only", "KT-033", "# nothing\n\n", "FILE_NO_KEY"],
      ["two", "Two keys", "KT-033", `${secret}\n${secret}\n`, "FILE_TWO_KEYS"],
      ["public", "A public key", "KT-014", `\n${client}\n`, "PUBLIC"],
      ["inline-comment", "A comment behind the key", "KT-005 KT-033", `${secret} # mine\n`, "SURROUNDED"],
      ["utf16", "UTF-16", "KT-030", utf16, "FILE_ENCODING"],
      ["latin1", "Not UTF-8", "KT-030", `# caf\u00e9\n${secret}\n`, "FILE_ENCODING"],
      [
        "checksum",
        "A key with a changed character",
        "KT-011",
        `${swap(secret, 40, other(secret, 40))}\n`,
        "CHECKSUM",
      ],
    ],
    readSecretKeyFile,
  );
}

function authorizedKeys(): TextCase[] {
  const long = "n".repeat(64);
  return files(
    [
      ["empty", "An empty file is good, and lets nobody in", "KT-046", ""],
      ["one", "One key", "KT-040", `${client}\n`],
      [
        "several",
        "Keys with and without names, comments, blank lines",
        "KT-031 KT-041",
        `# who may\n\n${client} alice\n  ${server}\t alice\n${via}`,
      ],
      [
        "names",
        "Every kind of character that a name has, and the longest",
        "KT-041",
        `${client} A.b_c@d+e-9\n${server} ${long}\n`,
      ],
      ["windows", "Carriage returns and a byte order mark", "KT-030 KT-031", `${bom}${client} alice\r\n`],
      [
        "twice",
        "A key twice, under two names",
        "KT-042",
        `${client} alice\n# and\n${client} bob\n`,
        "FILE_DUPLICATE",
      ],
      ["second-word", "A second word after the key", "KT-041 KT-043", `${client} alice bob\n`, "FILE_SYNTAX"],
      ["comment-behind", "A comment behind the key", "KT-043", `${client} #alice\n`, "FILE_NAME"],
      ["name-long", "A name of 65 characters", "KT-041", `${client} ${long}n\n`, "FILE_NAME"],
      [
        "name-character",
        "A name with a character that no name has",
        "KT-041",
        `${client} al/ice\n`,
        "FILE_NAME",
      ],
      ["secret", "A secret key, on the second line", "KT-044 KT-045", `${client}\n${secret}\n`, "SECRET"],
      ["secret-name", "A secret key in a name's place", "KT-044", `${client} ${secret}\n`, "SECRET"],
      [
        "bad-key",
        "A good line beside a bad one counts for nothing",
        "KT-046 KT-011",
        `${client}\n${swap(server, 30, other(server, 30))}\n`,
        "CHECKSUM",
      ],
      ["upper-case", "A public key in upper case", "KT-008", `${client.toUpperCase()}\n`, "WRONG_CASE"],
      ["not-utf8", "Not UTF-8", "KT-030", `${client} caf\u00e9\n`, "FILE_ENCODING"],
    ],
    readAuthorizedKeys,
  );
}

function connectionStrings(): TextCase[] {
  const at = `hawser://${server}@`;
  const rows: Row[] = [
    ["plain", "A key, a name and a port", "KT-060 KT-065", `${at}example.org:7000`],
    ["first-use", "Without a key: first use", "KT-083", "hawser://example.org:7000"],
    ["slash", "A single slash after the port means nothing", "KT-073 KT-081", `${at}example.org:7000/`],
    [
      "scheme-case",
      "The scheme in any case, the name too",
      "KT-065 KT-069",
      `HAWSER://${server}@Example.ORG:7000`,
    ],
    ["ipv4", "An IPv4 address", "KT-070", `${at}192.0.2.1:1`],
    [
      "ipv6",
      "An IPv6 address, written as RFC 5952 says",
      "KT-071 KT-081",
      `${at}[2001:DB8:0:0:0:0:0:0001]:65535`,
    ],
    ["ipv6-mapped", "An IPv6 address that ends as IPv4: in groups", "KT-071", `${at}[::ffff:192.0.2.1]:7000`],
    ["ipv6-zone", "A zone", "KT-072", `${at}[fe80::1%25eth0]:7000`],
    ["final-dot", "A final dot in a name", "KT-069", `${at}example.org.:7000`],
    ["underscore", "An underscore in a label, digits in another", "KT-069", `${at}_a.b2:7000`],
    [
      "encoded",
      "Percent-encoding in key, name and context",
      "KT-066",
      `hawser://%68${server.slice(1)}@ex%61mple.org:7000?context=%61%2fb`,
    ],
    ["via", "A via key and a context", "KT-076 KT-081", `${at}example.org:7000?context=hawser/1&via=${via}`],
    [
      "via-same",
      "A via key that is the server's means none",
      "KT-080",
      `${at}example.org:7000?via=${server}`,
    ],
    ["context-empty", "An empty context means none", "KT-078 KT-081", `${at}example.org:7000?context=`],
    [
      "context-plus",
      "A plus in a context is a plus; the longest there can be",
      "KT-077 KT-078",
      `${at}example.org:7000?context=${"+".repeat(32)}`,
    ],
    ["unix", "A unix socket", "KT-074 KT-075", `hawser+unix://${server}@/run/hawser.sock`],
    [
      "unix-literal",
      "Its path is taken literally: dots, doubled slashes, an @",
      "KT-067 KT-075",
      `hawser+unix://${server}@/run/../a//b@c`,
    ],
    [
      "unix-encoded",
      "A blank and a letter outside ASCII in its path",
      "KT-066 KT-081",
      "hawser+unix:///run/a%20b%c3%a9",
    ],
    ["unix-longest", "A path of 107 bytes", "KT-075", `hawser+unix://${server}@/${"p".repeat(106)}`],
    ["empty", "No text", "KT-060", "", "URL_SCHEME"],
    ["other-scheme", "Another scheme", "KT-060", `https://${server}@example.org:7000`, "URL_SCHEME"],
    ["one-slash", "One slash after the scheme", "KT-060", `hawser:/${server}@example.org:7000`, "URL_SCHEME"],
    [
      "too-long",
      "2,049 characters",
      "KT-061",
      `${at}example.org:7000?context=`.padEnd(2_049, "a"),
      "URL_LENGTH",
    ],
    [
      "secret",
      "A secret key where the public one belongs",
      "KT-013 KT-062",
      `hawser://${secret}@example.org:7000`,
      "SECRET",
    ],
    [
      "secret-encoded",
      "A secret key, percent-encoded",
      "KT-062",
      `hawser://%48AWSER-SECRET-KEY-1@example.org:7000`,
      "SECRET",
    ],
    ["blank", "A blank before it: nothing is trimmed", "KT-063", ` ${at}example.org:7000`, "URL_CHARACTER"],
    ["line-feed", "A line feed after it", "KT-063", `${at}example.org:7000\n`, "URL_CHARACTER"],
    ["backslash", "A backslash", "KT-063", `${at}example.org:7000\\`, "URL_CHARACTER"],
    [
      "idn",
      "An international name outside ASCII",
      "KT-063 KT-069",
      `${at}ex\u00e4mple.org:7000`,
      "URL_CHARACTER",
    ],
    ["fragment", "A fragment", "KT-064", `${at}example.org:7000#top`, "URL_FRAGMENT"],
    [
      "percent",
      "A percent sign without two digits",
      "KT-066",
      `${at}example.org:7000?context=%4`,
      "URL_ENCODING",
    ],
    ["percent-utf8", "Encoded bytes that are not UTF-8", "KT-066", "hawser+unix:///run/%ff", "URL_ENCODING"],
    ["no-key", "Nothing before the @", "KT-067 KT-083", "hawser://@example.org:7000", "URL_USERINFO"],
    ["password", "A colon before the @", "KT-067", `hawser://${server}:x@example.org:7000`, "URL_USERINFO"],
    ["two-ats", "Two of them before the path", "KT-067", `${at}${server}@example.org:7000`, "URL_USERINFO"],
    [
      "bad-key",
      "A key whose checksum is wrong is not read as none",
      "KT-083 KT-011",
      `hawser://${swap(server, 30, other(server, 30))}@example.org:7000`,
      "CHECKSUM",
    ],
    ["no-port", "No port", "KT-068", `${at}example.org`, "URL_PORT"],
    ["port-0", "Port 0", "KT-068", `${at}example.org:0`, "URL_PORT"],
    ["port-65536", "Port 65,536", "KT-068", `${at}example.org:65536`, "URL_PORT"],
    ["port-zero-first", "A leading zero", "KT-068", `${at}example.org:07000`, "URL_PORT"],
    ["no-host", "No host", "KT-069", `${at}:7000`, "URL_HOST"],
    ["label-hyphen", "A label that begins with a hyphen", "KT-069", `${at}-a.org:7000`, "URL_HOST"],
    ["label-long", "A label of 64 characters", "KT-069", `${at}${"a".repeat(64)}.org:7000`, "URL_HOST"],
    ["label-empty", "An empty label", "KT-069", `${at}a..org:7000`, "URL_HOST"],
    ["ipv4-short", "127.1", "KT-070", `${at}127.1:7000`, "URL_HOST"],
    ["ipv4-octal", "A leading zero in an octet", "KT-070", `${at}010.0.0.1:7000`, "URL_HOST"],
    ["ipv4-hex", "0x7f000001", "KT-070", `${at}0x7f000001:7000`, "URL_HOST"],
    ["ipv4-large", "An octet of 256", "KT-070", `${at}192.0.2.256:7000`, "URL_HOST"],
    ["ipv4-dot", "An IPv4 address with a final dot", "KT-070", `${at}192.0.2.1.:7000`, "URL_HOST"],
    ["key-as-host", "A key where the host belongs", "KT-086", `hawser://${server}:7000`, "URL_HOST"],
    ["ipv6-bare", "An IPv6 address without brackets", "KT-071", `${at}2001:db8::1:7000`, "URL_HOST"],
    ["ipv6-long", "Nine groups", "KT-071", `${at}[1:2:3:4:5:6:7:8:9]:7000`, "URL_HOST"],
    ["ipv6-two-gaps", "Two gaps", "KT-071", `${at}[1::2::3]:7000`, "URL_HOST"],
    ["bracketed-name", "A name in brackets", "KT-071", `${at}[example]:7000`, "URL_HOST"],
    ["zone-unencoded", "A zone after a bare percent sign", "KT-072", `${at}[fe80::1%eth0]:7000`, "URL_HOST"],
    ["path", "A path after a port", "KT-073", `${at}example.org:7000/x`, "URL_PATH"],
    [
      "unix-host",
      "A host before the path of a unix socket",
      "KT-074",
      `hawser+unix://${server}@host/run/x`,
      "URL_HOST",
    ],
    [
      "unix-encoded-slash",
      "A path that begins with an encoded slash",
      "KT-084",
      "hawser+unix://%2Frun/x",
      "URL_HOST",
    ],
    ["unix-folder", "A path that ends with a slash", "KT-075", "hawser+unix:///run/", "URL_PATH"],
    ["unix-nul", "A NUL in the path", "KT-075", "hawser+unix:///run/a%00b", "URL_PATH"],
    ["unix-too-long", "A path of 108 bytes", "KT-075", `hawser+unix:///${"p".repeat(107)}`, "URL_PATH"],
    [
      "parameter-unknown",
      "A parameter of another name",
      "KT-076",
      `${at}example.org:7000?x=1`,
      "URL_PARAMETER",
    ],
    [
      "parameter-case",
      "A name in another case",
      "KT-076",
      `${at}example.org:7000?Via=${via}`,
      "URL_PARAMETER",
    ],
    [
      "parameter-bare",
      "A parameter without a value",
      "KT-076",
      `${at}example.org:7000?context`,
      "URL_PARAMETER",
    ],
    [
      "parameter-twice",
      "A parameter twice",
      "KT-076",
      `${at}example.org:7000?context=a&context=a`,
      "URL_PARAMETER",
    ],
    ["parameter-empty", "An empty parameter", "KT-076", `${at}example.org:7000?`, "URL_PARAMETER"],
    ["context-blank", "A blank in a context", "KT-078", `${at}example.org:7000?context=a%20b`, "URL_CONTEXT"],
    [
      "context-long",
      "A context of 33 bytes",
      "KT-078",
      `${at}example.org:7000?context=${"a".repeat(33)}`,
      "URL_CONTEXT",
    ],
    [
      "via-alone",
      "A via key without a server key",
      "KT-079",
      `hawser://example.org:7000?via=${via}`,
      "URL_VIA",
    ],
  ];
  return rows.map(([slug, title, requirements, text, error]) => {
    const read = readConnectionString(text);
    const fault = expectError(slug, read, error);
    const target = isFault(read) ? null : (read as Target);
    const canonical = target === null ? null : writeConnectionString(target);
    return { slug, title, requirements: requirements.split(" "), text, target, canonical, error: fault };
  });
}

function x25519(): TextCase[] {
  const base = concat(Uint8Array.of(9), new Uint8Array(31));
  /** p + n, whose bytes are no canonical ones. */
  const above = (n: number) =>
    toHex(concat(Uint8Array.of(0xed + n), new Uint8Array(30).fill(0xff), Uint8Array.of(0x7f)));
  const rows: [string, string, string, Uint8Array, string][] = [
    [
      "rfc7748-1",
      "The first vector of RFC 7748 section 5.2",
      "NO-006 NO-007",
      fromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
    ],
    [
      "rfc7748-2",
      "The second, whose public key has its highest bit set",
      "NO-006 NO-009",
      fromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
    ],
    ["base", "The base point: the own public key", "NO-006", SECRETS.client, toHex(base)],
    [
      "high-bit",
      "A public key with its highest bit set: the same output",
      "NO-009",
      SECRETS.client,
      toHex(highBit(publicOf(SECRETS.server))),
    ],
    ["without-high-bit", "The same without it", "NO-006", SECRETS.client, toHex(publicOf(SECRETS.server))],
    ["p+9", "A value of p + 9 is 9", "NO-009", SECRETS.client, above(9)],
    ["p+2", "A value of p + 2 is 2", "NO-009", SECRETS.client, above(2)],
    ["two", "2, on the twist", "NO-009", SECRETS.client, toHex(concat(Uint8Array.of(2), new Uint8Array(31)))],
    ["ones", "255 bits of 1: p + 18", "NO-009", SECRETS.client, above(18)],
    ["all-ones", "256 bits of 1", "NO-009", SECRETS.client, "ff".repeat(32)],
    ["zero", "0: all zeros, to be refused", "NO-010", SECRETS.client, "00".repeat(32)],
    ...Object.entries(LOW_ORDER).map(([name, hex]): [string, string, string, Uint8Array, string] => [
      `low-order-${name}`,
      `A point of low order, ${name}: all zeros, to be refused`,
      "NO-009 NO-010",
      SECRETS.client,
      hex,
    ]),
  ];
  return rows.map(([slug, title, requirements, secretKey, publicKey]) => {
    const output = dh(secretKey, fromHex(publicKey));
    return {
      slug: slug.replaceAll("+", "-plus-"),
      title,
      requirements: requirements.split(" "),
      secret: toHex(secretKey),
      public: publicKey,
      output: output === null ? null : toHex(output),
    };
  });
}

/** By file name in spec/vectors/texts. */
export function textVectors(): TextVector[] {
  const of = (slug: TextKind, title: string, cases: TextCase[]): TextVector => ({
    slug,
    title,
    notice: NOTICE,
    cases,
  });
  return [
    of("public-key", "Public keys as text", keys("public")),
    of("secret-key", "Secret keys as text", keys("secret")),
    of("secret-key-file", "Secret key files", secretKeyFiles()),
    of("authorized-keys", "Authorized-keys files, without options", authorizedKeys()),
    of("connection-string", "Connection strings", connectionStrings()),
    of("x25519", "X25519, where libraries differ", x25519()),
  ];
}

export const textOf = (vector: TextVector): string =>
  `${JSON.stringify(vector, null, 2).replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
