/** The vectors of keys as text and in files. */
import { readAuthorizedKeys } from "../properties/reference/authorized-keys.ts";
import { readKey, readSecretKeyFile, writeKey, writeUnpadded } from "../properties/reference/key-text.ts";
import { toHex } from "../properties/reference/primitives.ts";
import { SECRETS } from "./vectors-setting.ts";
import {
  casesOf,
  client,
  fileCasesOf,
  other,
  type Row,
  secret,
  server,
  swap,
  type TextCase,
  via,
} from "./vectors-text-format.ts";

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

/** The first two different neighbours from there on, swapped. */
function swapped(text: string, from: number): string {
  let at = from;
  while (text[at] === text[at + 1]) at++;
  return text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
}

export function keys(kind: "public" | "secret"): TextCase[] {
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
  return casesOf(
    [...keyRows(kind), ...misplaced],
    (text) => readKey(kind, text),
    (text, { good, error }) => ({ text, key: good && toHex(good), error }),
  );
}

const bom = "\u00ef\u00bb\u00bf";
const utf16 = `\u00ff\u00fe${Array.from(secret, (letter) => `${letter}\u0000`).join("")}`;

export function secretKeyFiles(): TextCase[] {
  const written = `# created: 2025-01-31T12:00:00Z\n# public key: ${client}\n${secret}\n`;
  return fileCasesOf(
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
    toHex,
  );
}

export function authorizedKeys(): TextCase[] {
  const long = "n".repeat(64);
  return fileCasesOf(
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
    (bytes) => readAuthorizedKeys(bytes, []),
    (good) => good.map(({ key, name }) => ({ key, name })),
  );
}
