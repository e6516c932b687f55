/** Why: an option that is read otherwise than meant, or not read, lets in more than its writer wanted. */
import { describe, expect, it } from "vitest";
import { everythingOf, refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import { parseAuthorizedKeys } from "./authorized-lines.ts";
import { formatPublicKey, formatSecretKey } from "./text.ts";

const publicKey = new Uint8Array(32).fill(9);
const key = formatPublicKey(publicKey);
const honours = ["to", "from", "max"] as const;
const parse = (text: string) => parseAuthorizedKeys(new TextEncoder().encode(text), { honours });
const optionsOf = (text: string) => parse(`${text} ${key}\n`)[0]?.options;
const refused = (text: string) => refusal(() => parse(`# who\n${text}\n`));

describe("the options of a line of authorized keys", () => {
  it("KT-040, KT-090: stand before the key, in any order, each at most once", () => {
    expect(parse(`max="2",to="db.example:5432",from="192.0.2.7,2001:db8::/32" \t ${key}  alice\n`)).toEqual([
      {
        publicKey,
        name: "alice",
        options: { max: 2, to: "db.example:5432", from: ["192.0.2.7", "2001:db8::/32"] },
        line: 1,
      },
    ]);
  });

  it("a line without any has none", () => {
    expect(parse(key)[0]).toEqual({ publicKey, line: 1 });
  });

  it("can't be changed by who was handed them", () => {
    const options = optionsOf(`from="192.0.2.1",max="1"`);
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options?.from)).toBe(true);
  });

  it.each([
    ["restrict", "restrict, is one of sshd"],
    ['command="id"', "command, is one of sshd"],
    ['form="192.0.2.1"', "option 1 of the line is not known"],
    ['max="1",form="192.0.2.1"', "option 2 of the line is not known"],
    ['max="1",', "option 2 of the line is empty"],
    [',max="1"', "option 1 of the line is empty"],
    ['From="192.0.2.1"', "write from"],
    ['max="1",max="2"', "max stands there twice"],
    ["max", 'write max="VALUE"'],
    ['max,to="a:1"', 'write max="VALUE"'],
    ["max=1", 'write max="VALUE"'],
    ["max='1'", 'write max="VALUE"'],
    ['max = "1"', 'write max="VALUE"'],
    ['max="1"to="a:1"', "after the value of max comes a comma"],
    ['max="1";to="a:1"', "after the value of max comes a comma"],
    ['from="192.0.2.1,max=', "is not closed"],
    ['max=1"', "is not closed"],
  ])("KT-091: %s is refused, with line and reason", (text, words) => {
    const error = refused(`${text} ${key} alice`);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_OPTION", line: 2 });
    expect(error.message).toContain(words);
  });

  it("KT-043, KT-091: blanks between options are refused, whatever they leave", () => {
    expect(refused(`max="1", to="a:1" ${key}`).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    expect(refused(`max="1" to="a:1" ${key}`).message).toContain("joined by commas, without blanks");
    expect(refused(`max="1"${key}`).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
  });

  it("KT-040: end with a blank or a tab", () => {
    for (const blank of [" ", "\t", "\t\t", "\t "]) {
      expect(parse(`max="1"${blank}${key}`)[0]?.options).toEqual({ max: 1 });
    }
  });

  it("KT-043: after the options come a key and a name, which is said where it is something else", () => {
    expect(refused(`max="1" ${key} max="2"`).code).toBe("ERR_HAWSER_KEY_FILE_NAME");
    expect(refused(`max="1" ${key} alice max="2"`).code).toBe("ERR_HAWSER_KEY_FILE_SYNTAX");
    expect(refused(`max="1" alice max="2" ${key}`).code).toBe("ERR_HAWSER_KEY_PREFIX");
  });

  it.each(['a.max="1"', `${"x".repeat(33)}="1"`, `.${"x".repeat(32)}="1"`])(
    "a word without a key after it is meant as a key, unless it is a name and a value: %s",
    (word) => {
      expect(refused(word).code).toBe("ERR_HAWSER_KEY_SURROUNDED");
    },
  );

  it.each(['unix:/a"b', "unix:/a\\b", "unix:/é", "unix:/a\u0007", "unix:/\u202e"])(
    "KT-092: %j is no value",
    (value) => {
      expect(refused(`to="${value}" ${key}`).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    },
  );

  it("KT-093, KT-044: a secret key in a value, whole or damaged, is not shown", () => {
    const secret = formatSecretKey(publicKey);
    for (const value of [secret, secret.slice(25), secret.toLowerCase()]) {
      const error = refused(`to="unix:/${value}" ${key}`);
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_SECRET", line: 2 });
      expect(shows(everythingOf(error), secret.slice(25))).toBe(false);
    }
  });

  it("KT-020: an unknown name is not shown, as it may be anything", () => {
    expect(everythingOf(refused(`unheardof="1" ${key}`))).not.toContain("unheardof");
  });

  it.each([
    ["127.0.0.1:5432", "127.0.0.1:5432"],
    ["Db.Example.:65535", "db.example.:65535"],
    ["[2001:DB8:0::1]:1", "[2001:db8::1]:1"],
    ["[fe80::1%eth0]:80", "[fe80::1%eth0]:80"],
    ["unix:/run/a service, of sorts.sock", "unix:/run/a service, of sorts.sock"],
  ])("KT-094: to=%s", (text, canonical) => {
    expect(optionsOf(`to="${text}"`)).toEqual({ to: canonical });
  });

  it.each([
    "",
    "5432",
    "db",
    "db:",
    ":5432",
    "db:0",
    "db:05432",
    "db:65536",
    "a b:1",
    "127.1:5432",
    "2001:db8::1:80",
    "[127.0.0.1]:80",
    "[]:80",
    "db:1/",
    "tcp://db:1",
    "tcp:db:1",
    "[::1]db:1",
    " db:1",
    "unix:",
    "unix:run/x",
    "unix:/run/",
    `unix:/${"x".repeat(107)}`,
    `${key}:5432`,
  ])("KT-094: to=%s is none", (text) => {
    const error = refused(`to="${text}" ${key}`);
    expect(error.code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    expect(error.message).toMatch(/^line 2: to: /);
  });

  it.each([
    ["0.0.0.0/0", ["0.0.0.0/0"]],
    ["192.0.2.1,192.0.2.0/25,10.0.0.0/8", ["192.0.2.1", "192.0.2.0/25", "10.0.0.0/8"]],
    ["::/0,2001:DB8:0:0::/33,::1/128", ["::/0", "2001:db8::/33", "::1/128"]],
    ["64:ff9b::192.0.2.1", ["64:ff9b::c000:201"]],
    ["1::ffff:192.0.2.1,::1:0:192.0.2.1", ["1::ffff:c000:201", "::1:0:c000:201"]],
    ["255.255.255.255/32,192.0.2.128/25", ["255.255.255.255/32", "192.0.2.128/25"]],
  ])("KT-095: from=%s", (text, from) => {
    expect(optionsOf(`from="${text}"`)).toEqual({ from });
  });

  it.each([
    ["", "from: its value is not an address"],
    ["/24", "from: its value is not an address"],
    ["192.0.2.1,", "from: entry 2 of 2 is not an address"],
    ["192.0.2.1, 192.0.2.2", "entry 2 of 2"],
    ["example.org", "not an address"],
    ["192.0.2.*", "not an address"],
    ["!192.0.2.1", "not an address"],
    ["192.0.2", "not an address"],
    ["192.0.02.1", "not an address"],
    ["[::1]", "not an address"],
    ["fe80::1%eth0", "not an address"],
    ["192.0.2.0/33", "from 0 to 32"],
    ["192.0.2.0/024", "from 0 to 32"],
    ["192.0.2.0/", "from 0 to 32"],
    ["192.0.2.0/24/24", "from 0 to 32"],
    ["192.0.2.0/255.255.255.0", "from 0 to 32"],
    ["2001:db8::/129", "from 0 to 128"],
    ["192.0.2.1/24", "bits set after its prefix"],
    ["192.0.2.1/0", "bits set after its prefix"],
    ["2001:db8::1/127", "bits set after its prefix"],
    ["2001:db8:8000::/32", "bits set after its prefix"],
    ["::ffff:192.0.2.1", "write it as IPv4"],
    ["::ffff:0:0/96", "write it as IPv4"],
  ])("KT-096: from=%s is none", (text, words) => {
    const error = refused(`from="${text}" ${key}`);
    expect(error.code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    expect(error.message).toContain(words);
  });

  it("KT-099: max is a number from 1 to 9,999,999", () => {
    expect(optionsOf(`max="1"`)).toEqual({ max: 1 });
    expect(optionsOf(`max="9999999"`)).toEqual({ max: 9_999_999 });
    for (const value of ["", "0", "01", "-1", "1.5", "1e3", " 1", "10000000", "none"]) {
      expect(refused(`max="${value}" ${key}`).code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
    }
  });

  it("KT-100: an option that the program does not honour spoils the file; none is honoured unless it says so", () => {
    const text = new TextEncoder().encode(
      `${key}\nfrom="192.0.2.1",max="1" ${formatPublicKey(new Uint8Array(32))}\n`,
    );
    for (const given of [undefined, {}, { honours: ["to", "max"] as const }]) {
      const error = refusal(() => parseAuthorizedKeys(text, given));
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_OPTION", line: 2 });
      expect(error.message).toMatch(/from is not honoured by this program.*, or use another file$/);
    }
    const to = new TextEncoder().encode(`to="db:1" ${key}\n`);
    expect(refusal(() => parseAuthorizedKeys(to, { honours: ["from", "max"] })).message).toMatch(
      /to is not honoured by this program.*, or use another file \(hawser serve honours it\)$/,
    );
    expect(parseAuthorizedKeys(text, { honours: ["from", "max"] })).toHaveLength(2);
    for (const wrong of ["from", ["form"], [undefined]]) {
      const options = { honours: wrong as unknown as ["from"] };
      expect(refusal(() => parseAuthorizedKeys(text, options)).code).toBe("ERR_HAWSER_KEY_ARGUMENT");
    }
  });
});
