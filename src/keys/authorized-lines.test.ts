/** Why: this file decides who is let in; a line that is read otherwise than meant lets in the wrong ones. */
import { describe, expect, it } from "vitest";
import { everythingOf, refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import { parseAuthorizedKeys } from "./authorized-lines.ts";
import { formatPublicKey, formatSecretKey } from "./text.ts";

const keyOf = (seed: number) => Uint8Array.from({ length: 32 }, (_, index) => (index * 31 + seed) & 0xff);
const [a, b] = [formatPublicKey(keyOf(1)), formatPublicKey(keyOf(2))];
const secret = formatSecretKey(keyOf(3));
const parse = (text: string) => parseAuthorizedKeys(new TextEncoder().encode(text));
const refused = (text: string) => refusal(() => parse(text));

describe("the content of an authorized-keys file", () => {
  it("KT-040, KT-041, KT-031: a key a line, a name or none, comments and blank lines", () => {
    expect(parse(`\ufeff# who\r\n\r\n${a}\r\n \t${b} \t alice@laptop-2.home_x+1 \n#${a}`)).toEqual([
      { publicKey: keyOf(1), line: 3 },
      { publicKey: keyOf(2), name: "alice@laptop-2.home_x+1", line: 4 },
    ]);
  });

  it("KT-041: has no name where none stands", () => {
    expect(parse(a).map((key) => "name" in key)).toEqual([false]);
  });

  it("an empty file lets nobody in, and is no error", () => {
    for (const text of ["", "\n", "# nobody\n"]) expect(parse(text)).toEqual([]);
  });

  it("KT-041: a name may repeat", () => {
    expect(parse(`${a} alice\n${b} alice\n`).map((key) => key.name)).toEqual(["alice", "alice"]);
  });

  it.each(["é", "a,b", "a=b", '"a"', "a/b", "#", "\u202e", "a".repeat(65), "a\u00a0b", "a\0"])(
    "KT-041: %j is no name",
    (name) => {
      const error = refused(`${a}\n${b} ${name}\n`);
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_NAME", line: 2 });
      expect(parse(`${b} ${"a".repeat(64)}`)).toHaveLength(1);
    },
  );

  it("KT-042: a key twice, with the line it stood in first", () => {
    const error = refused(`\n${a} alice\n${b}\n${a} bob\n`);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_DUPLICATE", line: 4 });
    expect(error.message).toContain("line 2");
  });

  it.each([
    `${a} alice bob`,
    `${a} alice max="2"`,
    `alice bob ${a}`,
    `max="2"`,
    `${a} alice # a comment`,
    `alice ${a}`,
  ])("KT-043: %s is more than options, a key and a name", (line) => {
    expect(refused(`# who\n${line}\n`)).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SYNTAX", line: 2 });
  });

  it.each([
    [`${a} ${b}`, "there is a second key on the line"],
    [`${a} alice ${b}`, "there is a second key on the line"],
    [`alice ${a}`, "the name comes after the key"],
    [`alice bob ${a}`, 'or with options such as from="192.0.2.1"'],
    [`é ${a}`, 'or with options such as from="192.0.2.1"'],
    [`max="2"`, "after the options comes the public key"],
    [`${a} alice bob`, "at most a name, which is one word"],
  ])("KT-043: of %s it says what is wrong", (line, words) => {
    expect(refused(line)).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SYNTAX", line: 1 });
    expect(refused(line).message).toContain(words);
  });

  it("KT-041: a name may begin as a key does", () => {
    for (const name of ["hawser1", a.slice(0, 64)]) expect(parse(`${b} ${name}`)[0]?.name).toBe(name);
  });

  it("knows a key that was wrapped over two lines", () => {
    const error = refused(`${b}\n${a.slice(0, 40)}\n${a.slice(40)}\n`);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_LENGTH", line: 2 });
    expect(error.message).toContain("wrapped over two lines");
    expect(refused(`${a.slice(0, 40)}\n${b}\n`).message).toContain("copy all of it");
    // Not its length is at fault here.
    const other = refused(`${b}\n${a.slice(0, 39)}b\n${a.slice(40)}\n`);
    expect(other).toMatchObject({ code: "ERR_HAWSER_KEY_CHARACTER" });
    expect(other.message).not.toContain("wrapped");
  });

  it.each([
    secret,
    `${a} ${secret}`,
    `${secret} ${a}`,
    secret.toLowerCase(),
    `${a} ${secret.slice(0, 40)}`,
    `x=${secret} ${a}`,
  ])("KT-044: a secret key in the file is not shown", (line) => {
    const error = refused(`${b}\n${line}\n`);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_SECRET", line: 2 });
    expect(shows(everythingOf(error), secret.slice(19))).toBe(false);
  });

  it.each([
    ["alice", "ERR_HAWSER_KEY_PREFIX"],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 alice", "ERR_HAWSER_KEY_PREFIX"],
    [`${a},`, "ERR_HAWSER_KEY_SURROUNDED"],
    [a.toUpperCase(), "ERR_HAWSER_KEY_WRONG_CASE"],
    [a.slice(0, -1), "ERR_HAWSER_KEY_LENGTH"],
    [`${a.slice(0, -1)}${a.endsWith("q") ? "p" : "q"} alice`, "ERR_HAWSER_KEY_CHECKSUM"],
  ])("KT-045, KT-046: one bad line spoils the file, and is named", (line, code) => {
    const error = refused(`${b} bob\n\n${line}\n`);
    expect(error).toMatchObject({ code, line: 3 });
    expect(error.message).toMatch(/^line 3: /);
  });
});
