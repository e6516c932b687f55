/** Why: what a person meets first is a mistake of their own, and what it says decides whether they go on. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inFolder, ownKey, runToEnd, start } from "../../properties/cli/in-process.ts";
import { formatPublicKey, formatSecretKey } from "../keys/index.ts";

const secret = formatSecretKey(new Uint8Array(32).fill(7));
const publicKey = formatPublicKey(new Uint8Array(32).fill(9));

describe("hawser", () => {
  it("prints its help on standard error, and ends with 2, when nothing is asked of it", async () => {
    const { out, err, exitCode } = await runToEnd([]);
    expect(out).toBe("");
    expect(err).toMatch(/^Usage: hawser \[options\] \[command\]\n/);
    for (const word of ["keygen", "pubkey", "listen", "connect", "completion"]) expect(err).toContain(word);
    expect(exitCode).toBe(2);
  });

  it.each([["--help"], ["help"], ["-h"]])("prints its help on standard output for %s", async (word) => {
    const { out, err, exitCode } = await runToEnd([word]);
    expect(out).toMatch(/^Usage: hawser /);
    expect(err).toBe("");
    expect(exitCode).toBe(0);
  });

  it("prints help for each command", async () => {
    for (const name of ["keygen", "pubkey", "listen", "connect", "completion"]) {
      const [asked, helped] = [await runToEnd([name, "--help"]), await runToEnd(["help", name])];
      expect(asked.out).toMatch(new RegExp(`^Usage: hawser ${name} `));
      expect(helped.out).toBe(asked.out);
      expect([asked.exitCode, helped.exitCode]).toEqual([0, 0]);
    }
  });

  it("says that there is no such command, where help about it is wanted", async () => {
    const { err, exitCode } = await runToEnd(["help", "lisen"]);
    expect(err).toMatch(/\nhawser: unknown command 'lisen'. See: hawser --help. \(ERR_HAWSER_USAGE\)\n$/);
    expect(exitCode).toBe(2);
  });

  it("prints the package's version", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    for (const word of ["--version", "-V"]) expect((await runToEnd([word])).out).toBe(`${version}\n`);
  });

  it("says that Node is too old, where it is", async () => {
    const { out, err, exitCode } = await runToEnd(["keygen"], { nodeVersion: "18.20.8" });
    expect(out).toBe("");
    expect(err).toBe(
      "hawser: This is Node 18.20.8, and hawser needs Node 20.19 or later. (ERR_HAWSER_NODE_VERSION)\n",
    );
    expect(exitCode).toBe(1);
  });

  it("gives the signals back when it is over", async () => {
    expect((await runToEnd(["--version"])).running.listening).toEqual([]);
    expect((await runToEnd(["nonsense"])).running.listening).toEqual([]);
  });

  it("colours headings where colours are wanted, and nowhere else", async () => {
    const bold = "\u001b[1mUsage:\u001b[0m";
    expect((await runToEnd(["--help"])).out).not.toContain("\u001b");
    expect((await runToEnd(["--help"], { env: { FORCE_COLOR: "1" } })).out).toContain(bold);
    const both = { NO_COLOR: "1", FORCE_COLOR: "1" };
    expect((await runToEnd(["--help"], { env: both })).out).not.toContain("\u001b");
    expect((await runToEnd(["nonsense"], { env: { FORCE_COLOR: "1" } })).err).toMatch(
      /^\u001b\[1;31mhawser:/,
    );
  });
});

describe("a mistake in the command line", () => {
  it.each([
    [["lisen"], /unknown command 'lisen' \(Did you mean listen\?\). See: hawser --help/],
    [["listen", "--kye", "x"], /unknown option '--kye' \(Did you mean --key\?\). See: hawser listen --help/],
    [["connect"], /missing required argument 'url'. See: hawser connect --help/],
    [
      ["listen", "--allow", `${publicKey}x`, "--key", "k", "4100"],
      /--allow: .*ERR_HAWSER_KEY_CHARACTER|LENGTH/,
    ],
    [["connect", "a", "b"], /too many arguments.* but got 2\. See: hawser connect --help\. /],
    [["pubkey"], /missing required argument 'file'/],
    [["listen", "4100"], /Who is let in is not said: --authorized-keys FILE, --allow KEY .* or --allow-any/],
    [["listen", "--allow-any"], /The address to listen at is missing/],
    [["listen", "--allow-any", "4100"], /--key FILE is missing: .* hawser keygen -o my.key/],
    [["listen", "--allow-any", "--key", "-", "4100"], /the key can't come from it: name a file/],
    [["listen", "--allow", "--key", "k", "4100"], /--allow takes one or more public keys/],
    [["listen", "--allow-any", "--allow", publicKey, "4100"], /cannot be used with/],
    [["listen", "--allow", "4100", "--key", "k"], /--allow takes one or more public keys/],
    [["listen", "--allow", publicKey, "--key", "k"], /The address to listen at is missing/],
    [["listen", "--allow-any", "--context", "a b", "4100"], /ERR_HAWSER_URL_CONTEXT/],
    [["listen", "--allow-any", "--key", "k", "70000"], /The address to listen at is \[HOST:\]PORT/],
    [["connect", `hawser://${publicKey}@localhost:1`], /--key FILE is missing/],
    [["connect", "localhost:4100"], /begins with hawser:\/\/.*ERR_HAWSER_URL_SCHEME/],
    [
      ["connect", `hawser://${publicKey}@localhost:1?context=a`, "--context", "b", "--key", "k"],
      /another context/,
    ],
    [
      ["connect", `hawser://${publicKey}@localhost:1`, "--timeout", "soon", "--key", "k"],
      /number of seconds/,
    ],
    [["completion", "ksh"], /completion for bash, zsh, fish/],
    [["keygen", "-o", ""], /the path is empty/],
  ])("%j ends with 2, and says what to do", async (argv, words) => {
    const { out, err, exitCode } = await runToEnd(argv);
    expect(err).toMatch(words);
    expect(err).toMatch(/^hawser: .*\(ERR_HAWSER_\w+\)\n$/);
    expect(out).toBe("");
    expect(exitCode).toBe(2);
  });

  it("KT-013: never shows a secret key that was typed", async () => {
    const damaged = secret.slice(8).replace("1", "");
    for (const word of [secret, secret.toLowerCase(), damaged, `hawser://${secret}@localhost:1`]) {
      for (const argv of [
        [word],
        [`--${word}`],
        ["pubkey", word],
        ["keygen", "-o", word],
        ["connect", "--key", "k", word],
        ["listen", "--key", word, "--allow-any", "0"],
        ["listen", "--key", "k", "--allow", word, "0"],
        ["connect", "--json", "--key", word, "x"],
      ]) {
        const { out, err, exitCode } = await runToEnd(argv);
        expect(out).toBe("");
        expect(err).toContain("ERR_HAWSER_KEY_SECRET");
        expect(err.toUpperCase()).not.toContain(secret.slice(30, 60));
        expect(exitCode).toBe(2);
      }
    }
  });

  it("can't drive the terminal, or turn its text around", async () => {
    const { err } = await runToEnd(["\u001b[2J\u202e\u0007"]);
    expect(err).toContain("\\u{1b}[2J\\u{202e}\\u{7}");
    expect(err).not.toMatch(/[\u001b\u202e\u0007]/);
  });

  it("is told as JSON where --json is among the words", async () => {
    const { running, exitCode } = await runToEnd(["connect", "--json", "\u202e\u0085"]);
    expect(exitCode).toBe(2);
    expect(running.err).not.toMatch(/[\u202e\u0085]/);
    expect(running.log).toMatchObject([
      { level: "error", event: "failed", code: "ERR_HAWSER_URL_CHARACTER", exitCode: 2 },
    ]);
    expect(new Date(running.log[0]?.["time"] as string).getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect((await runToEnd(["nonsense", "--", "--json"])).err).toMatch(/^hawser: /);
  });
});

describe("hawser keygen and pubkey", () => {
  it("make a file for its owner alone, and print the public key that belongs to it", () =>
    inFolder(async (folder) => {
      const file = join(folder, "my.key");
      const made = await runToEnd(["keygen", "-o", file]);
      expect(made).toMatchObject({ exitCode: 0, out: "" });
      expect(made.err).toMatch(/^Public key: hawser1\w{58}\n/);
      expect(made.err).toContain(`The secret key is in ${file}`);
      expect(made.err).not.toContain("HAWSER-SECRET");
      if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
      const shown = await runToEnd(["pubkey", file]);
      expect(shown).toMatchObject({ exitCode: 0, err: "" });
      expect(made.err).toContain(`Public key: ${shown.out}`);
    }));

  it("keep a file that is there", () =>
    inFolder(async (folder) => {
      const file = join(folder, "my.key");
      writeFileSync(file, "precious");
      const { err, exitCode } = await runToEnd(["keygen", "-o", file]);
      expect(err).toContain("ERR_HAWSER_KEY_FILE_EXISTS");
      expect(exitCode).toBe(3);
      expect(readFileSync(file, "utf8")).toBe("precious");
    }));

  it("write the secret key to standard output, which pubkey reads at its other end", async () => {
    for (const argv of [["keygen"], ["keygen", "-o", "-"]]) {
      const made = await runToEnd(argv);
      expect(made.out).toMatch(/^# created: \S+\n# public key: hawser1\w+\nHAWSER-SECRET-KEY-1\w+\n$/);
      expect(made.err).toMatch(/^Public key: hawser1\w{58}\n$/);
      expect(existsSync("-")).toBe(false);
      const reading = start(["pubkey", "-"]);
      reading.stdin.end(made.out);
      expect(await reading.ending).toEqual({ exitCode: 0 });
      expect(made.err).toContain(reading.out);
    }
  });

  it("warn where others may see the secret key", async () => {
    const { err } = await runToEnd(["keygen"], { outputMode: 0o644 });
    expect(err).toContain("Others can read the file");
    expect((await runToEnd(["keygen"], { outputMode: 0o600 })).err).not.toContain("Others can read");
    const shown = start(["keygen"]);
    Object.assign(shown.stdout, { isTTY: true });
    await shown.ending;
    expect(shown.err).toContain("The secret key is on this screen now");
  });

  it("say nothing secret as JSON", async () => {
    const { running } = await runToEnd(["keygen", "--json"]);
    expect(running.err).not.toContain("HAWSER-SECRET");
    expect(running.log).toMatchObject([
      { event: "key_made", publicKey: /hawser1\w+/.exec(running.out)?.[0] },
    ]);
  });

  it("say with the library's words what is wrong with a file, and end with 3", () =>
    inFolder(async (folder) => {
      const mine = await ownKey(folder, "my.key");
      const others = join(folder, "public");
      writeFileSync(others, mine.publicKey, { mode: 0o600 });
      const cases: [string, string][] = [
        [join(folder, "none"), "ERR_HAWSER_KEY_FILE_MISSING"],
        [others, "ERR_HAWSER_KEY_PUBLIC"],
        [folder, "ERR_HAWSER_KEY_FILE_KIND"],
      ];
      if (process.platform !== "win32") {
        chmodSync(mine.file, 0o644);
        cases.push([mine.file, "ERR_HAWSER_KEY_FILE_MODE"]);
      }
      for (const [path, code] of cases) {
        for (const argv of [
          ["pubkey", path],
          ["listen", "--allow-any", "--key", path, "0"],
          ["connect", "--key", path, `hawser://${publicKey}@localhost:1`],
        ]) {
          const { err, exitCode } = await runToEnd(argv);
          expect(err).toContain(`(${code})`);
          expect(exitCode).toBe(3);
        }
      }
      const { err, exitCode } = await runToEnd(["pubkey", cases.at(-1)?.[0] as string]);
      if (process.platform !== "win32") expect(err).toContain("chmod 600");
      expect(exitCode).toBe(3);
    }));
});
