/** Why: who is let in changes while a server runs, by hand, in editors of every habit, mid-write. */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { everythingOf, refusal, rejection, shows } from "../../../properties/arbitraries/key-errors.ts";
import { formatPublicKey, formatSecretKey } from "../text.ts";
import { type AuthorizedKeys, openAuthorizedKeys, requireAuthorizedMode } from "./authorized-keys.ts";

const keyOf = (seed: number) => Uint8Array.from({ length: 32 }, (_, index) => (index * 13 + seed) & 0xff);
const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)] as const;
const line = (key: Uint8Array, name: string) => `${formatPublicKey(key)} ${name}\n`;
const alice = line(A, "alice");
const bob = line(B, "bob");
const carol = line(C, "carol");

// The real one, but for the tests that need a file system with a coarse clock or a change at a certain moment.
vi.mock("node:fs/promises", async (importOriginal) => {
  const actual = await importOriginal<typeof import("node:fs/promises")>();
  return { ...actual, stat: vi.fn(actual.stat) };
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-authorized-"));
  path = join(folder, "authorized_keys");
  writeFileSync(path, alice + bob, { mode: 0o600 });
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.mocked(stat).mockReset();
  vi.useRealTimers();
});

/** Opened with a wait that runs the steps given, one at a time, instead of taking time. */
const open = (...steps: (() => void)[]) => openAuthorizedKeys(path, { wait: async () => steps.shift()?.() });
const names = (keys: readonly { name?: string }[]) => keys.map((key) => key.name);
const allowed = async (keys: AuthorizedKeys) =>
  names((await Promise.all([A, B, C].map((key) => keys.lookup(key)))).filter((key) => key !== undefined));
/** Makes the file's times so old that they are trusted. */
const age = (...paths: string[]) => {
  for (const each of paths) utimesSync(each, 1, 1);
};

describe("an authorized-keys file", () => {
  it("KT-040: finds who is in it, with name and line", async () => {
    const keys = await open();
    expect(await keys.lookup(B)).toEqual({ publicKey: B, name: "bob", line: 2 });
    expect(await keys.lookup(C)).toBeUndefined();
  });

  it("hands out copies, so that nobody lets in another by what was handed out", async () => {
    const keys = await open();
    const held = await keys.lookup(B);
    writeFileSync(path, alice);
    const { removed } = await keys.refresh();
    writeFileSync(path, alice + bob);
    const { added } = await keys.refresh();
    for (const entry of [held, ...removed, ...added, await keys.lookup(B)]) entry?.publicKey.set(C);
    expect([held, removed[0], added[0]].map((entry) => entry?.publicKey)).toEqual([C, C, C]);
    expect(await keys.lookup(B)).toEqual({ publicKey: B, name: "bob", line: 2 });
    expect(await keys.lookup(C)).toBeUndefined();
    writeFileSync(path, alice);
    expect((await keys.refresh()).removed).toEqual([{ publicKey: B, name: "bob", line: 2 }]);
  });

  it("resolves a relative path once, at the opening", async () => {
    const before = vi.spyOn(process, "cwd").mockReturnValue(folder);
    const keys = await openAuthorizedKeys("authorized_keys", { settleMs: 0 });
    before.mockReturnValue("/");
    expect(keys.path).toBe(path);
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
    before.mockImplementation(() => {
      throw Object.assign(new Error("gone"), { code: "ENOENT" });
    });
    expect((await rejection(openAuthorizedKeys("authorized_keys"))).code).toBe("ERR_HAWSER_KEY_FILE_SYSTEM");
    expect((await openAuthorizedKeys(path)).path).toBe(path);
    before.mockRestore();
  });

  it("KT-046: has to be good at the opening", async () => {
    writeFileSync(path, `${alice}nonsense\n`);
    const error = await rejection(open());
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_PREFIX", path, line: 2 });
    expect(error.message.startsWith(`${path}:2: `)).toBe(true);
    unlinkSync(path);
    expect((await rejection(open())).code).toBe("ERR_HAWSER_KEY_FILE_MISSING");
    mkdirSync(path);
    expect((await rejection(open())).code).toBe("ERR_HAWSER_KEY_FILE_KIND");
    expect((await rejection(openAuthorizedKeys("-"))).code).toBe("ERR_HAWSER_KEY_FILE_PATH");
    expect((await rejection(openAuthorizedKeys(formatSecretKey(A)))).code).toBe("ERR_HAWSER_KEY_SECRET");
  });

  it.each([
    ["appended to", () => appendFileSync(path, carol), ["alice", "bob", "carol"]],
    ["written over", () => writeFileSync(path, carol), ["carol"]],
    [
      "written over with the same length",
      () => writeFileSync(path, alice + line(C, "rob")),
      ["alice", "rob"],
    ],
    ["emptied", () => writeFileSync(path, ""), []],
    ["replaced by rename", () => replace(alice), ["alice"]],
  ])("KT-047: is read again when it was %s", async (_, change, expected) => {
    const keys = await open();
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
    change();
    expect(await allowed(keys)).toEqual(expected);
  });

  it("KT-047: sees a change that neither size, inode nor modification time shows", async () => {
    const { atime, mtime, ino, size } = statSync(path);
    const keys = await open();
    await allowed(keys);
    writeFileSync(path, alice + line(C, "bob"));
    utimesSync(path, atime, mtime);
    expect(statSync(path)).toMatchObject({ ino, size });
    expect(await keys.lookup(B)).toBeUndefined();
    expect(await keys.lookup(C)).toMatchObject({ name: "bob" });
  });

  it("KT-047: sees a change within one tick of a coarse clock, and trusts older times", async () => {
    const keys = await open();
    vi.mocked(stat).mockResolvedValue(await stat(path, { bigint: true }));
    writeFileSync(path, carol);
    expect(await allowed(keys)).toEqual(["carol"]);
    vi.setSystemTime(Date.now() + 10_000);
    await allowed(keys);
    writeFileSync(path, alice);
    expect(await allowed(keys)).toEqual(["carol"]);
    vi.mocked(stat).mockReset();
    expect(await allowed(keys)).toEqual(["alice"]);
  });

  it.each([
    ["the change time, when the modification time was set back", () => utimesSync(path, 1, 1), 0],
    // As of a file that a machine with a fast clock wrote: the modification time is the younger one then.
    ["the modification time, when that is later", () => utimesSync(path, 0, Date.now() / 1000 + 60), 60_000],
  ])("KT-047: a file is as young as %s", async (_, change, later) => {
    change();
    vi.setSystemTime(Date.now() + later);
    const keys = await open();
    vi.mocked(stat).mockResolvedValue(await stat(path, { bigint: true }));
    writeFileSync(path, carol);
    expect(await allowed(keys)).toEqual(["carol"]);
  });

  it("KT-047: sees that it is gone, also where it came back just after it was found missing", async () => {
    vi.setSystemTime(Date.now() + 60_000);
    vi.mocked(stat).mockRejectedValueOnce(Object.assign(new Error("missing"), { code: "ENOENT" }));
    const keys = await open();
    unlinkSync(path);
    expect((await rejection(keys.lookup(A))).code).toBe("ERR_HAWSER_KEY_FILE_MISSING");
  });

  it("KT-047: a question asked while the file is looked at is not answered by that look", async () => {
    vi.setSystemTime(Date.now() + 60_000);
    const keys = await open();
    const { stat: actual } = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
    const late: Promise<unknown>[] = [];
    vi.mocked(stat).mockImplementationOnce((async (file: string) => {
      const seen = await actual(file, { bigint: true });
      writeFileSync(path, carol);
      late.push(keys.lookup(A), keys.lookup(C));
      return seen;
    }) as unknown as typeof stat);
    expect(await keys.lookup(A)).toMatchObject({ name: "alice" });
    expect(await Promise.all(late)).toEqual([undefined, expect.objectContaining({ name: "carol" })]);
  });

  it("KT-047: sees a link that is turned to another file", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    copyFileSync(path, one);
    writeFileSync(two, carol, { mode: 0o600 });
    unlinkSync(path);
    symlinkSync(one, path);
    age(one, two);
    const keys = await open();
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
    symlinkSync(two, join(folder, "new"));
    renameSync(join(folder, "new"), path);
    expect(await allowed(keys)).toEqual(["carol"]);
  });

  it("KT-047: questions asked at once are all answered by the file as it is", async () => {
    const keys = await open();
    const before = [keys.lookup(A), keys.lookup(B), keys.refresh()] as const;
    writeFileSync(path, carol);
    const after = await Promise.all([keys.lookup(A), keys.lookup(C), keys.lookup(C)]);
    expect(after.map((key) => key?.name)).toEqual([undefined, "carol", "carol"]);
    await Promise.all(before);
  });

  it("KT-048: waits 100 ms for a changed file to stay the same, and not for an unchanged one", async () => {
    const waits: number[] = [];
    const keys = await openAuthorizedKeys(path, { wait: async (ms) => waits.push(ms) });
    await allowed(keys);
    utimesSync(path, 2, 2);
    await allowed(keys);
    expect(waits).toEqual([]);
    appendFileSync(path, carol);
    await allowed(keys);
    expect(waits).toEqual([100]);
  });

  it.each([0, 60_000])("KT-048: waits as long as it is told to: %i ms", async (settleMs) => {
    const waits: number[] = [];
    const keys = await openAuthorizedKeys(path, { settleMs, wait: async (ms) => waits.push(ms) });
    appendFileSync(path, carol);
    await allowed(keys);
    expect(waits).toEqual([settleMs]);
  });

  it("KT-048: waits by the clock unless it is given another", async () => {
    const keys = await openAuthorizedKeys(path, { settleMs: 20 });
    writeFileSync(path, carol);
    const start = performance.now();
    expect(await keys.lookup(C)).toMatchObject({ name: "carol" });
    expect(performance.now() - start).toBeGreaterThanOrEqual(15);
  });

  it("KT-048: a write caught in the middle decides nothing", async () => {
    const keys = await open(
      () => appendFileSync(path, bob.slice(0, 30)),
      () => appendFileSync(path, bob.slice(30)),
    );
    truncateSync(path);
    appendFileSync(path, alice);
    expect(await keys.refresh()).toEqual({ added: [], removed: [] });
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
  });

  it("KT-048: a moment without the file decides nothing", async () => {
    const keys = await open(() => writeFileSync(path, alice, { mode: 0o600 }));
    unlinkSync(path);
    expect(await allowed(keys)).toEqual(["alice"]);
  });

  it("KT-048: nor does a moment in which it is missing, and another in which all may write to it", async () => {
    const keys = await open(
      () => {
        writeFileSync(path, alice);
        chmodSync(path, 0o666);
      },
      () => chmodSync(path, 0o600),
    );
    unlinkSync(path);
    expect(await allowed(keys)).toEqual(["alice"]);
  });

  it("KT-048: a file that never rests is an error, until it rests", async () => {
    let count = 0;
    let busy = true;
    const keys = await openAuthorizedKeys(path, {
      wait: async () => {
        if (busy) appendFileSync(path, `# ${count++}\n`);
      },
    });
    appendFileSync(path, carol);
    const error = await rejection(keys.lookup(A));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_CHANGING", path });
    expect(count).toBe(19);
    busy = false;
    expect(await allowed(keys)).toEqual(["alice", "bob", "carol"]);
  });

  it("KT-045, KT-046: a bad line lets nobody in, those of the good lines neither, until it is mended", async () => {
    const keys = await open();
    writeFileSync(path, `${alice}${bob}hawser1nonsense\n`);
    for (const key of [A, B, C]) {
      const error = await rejection(keys.lookup(key));
      expect(error).toMatchObject({ path, line: 3 });
      expect(error.message.startsWith(`${path}:3: `)).toBe(true);
    }
    writeFileSync(path, alice + bob);
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
  });

  it("KT-044: a secret key in the file is not shown", async () => {
    const keys = await open();
    const secret = formatSecretKey(C);
    appendFileSync(path, `${secret}\n`);
    const error = await rejection(keys.lookup(A));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_SECRET", path, line: 3 });
    expect(shows(everythingOf(error), secret.slice(19))).toBe(false);
  });

  it("KT-046: a file that is gone lets nobody in until it is back", async () => {
    age(path);
    const keys = await open();
    unlinkSync(path);
    expect((await rejection(keys.lookup(A))).code).toBe("ERR_HAWSER_KEY_FILE_MISSING");
    expect((await rejection(keys.lookup(A))).code).toBe("ERR_HAWSER_KEY_FILE_MISSING");
    writeFileSync(path, alice, { mode: 0o600 });
    expect(await allowed(keys)).toEqual(["alice"]);
  });

  it("KT-049: says who came and went, however it was found out", async () => {
    const keys = await open();
    expect(await keys.refresh()).toEqual({ added: [], removed: [] });
    writeFileSync(path, bob + carol);
    expect(await keys.lookup(A)).toBeUndefined();
    const change = await keys.refresh();
    expect([names(change.added), names(change.removed)]).toEqual([["carol"], ["alice"]]);
    expect(change.removed[0]?.publicKey).toEqual(A);
    writeFileSync(path, line(C, "caroline") + line(B, "bob"));
    expect(await keys.refresh()).toEqual({ added: [], removed: [] });
  });

  it("KT-049: a bad file takes nobody out; the mended one does", async () => {
    const keys = await open();
    writeFileSync(path, "nonsense\n");
    expect((await rejection(keys.refresh())).code).toBe("ERR_HAWSER_KEY_PREFIX");
    unlinkSync(path);
    expect((await rejection(keys.refresh())).code).toBe("ERR_HAWSER_KEY_FILE_MISSING");
    writeFileSync(path, bob, { mode: 0o600 });
    expect(names((await keys.refresh()).removed)).toEqual(["alice"]);
  });

  it.each(["620", "602", "666"])("KT-050: refuses mode %s with the command, later too", async (octal) => {
    const mode = Number.parseInt(octal, 8);
    const keys = await open();
    chmodSync(path, mode);
    const error = await rejection(keys.lookup(A));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_MODE", path });
    expect(error.message).toContain(`chmod go-w ${path}`);
    chmodSync(path, mode & ~0o022);
    expect(await allowed(keys)).toEqual(["alice", "bob"]);
  });

  it("KT-050: may be read by others; Windows has no modes", async () => {
    chmodSync(path, 0o644);
    expect(await allowed(await open())).toEqual(["alice", "bob"]);
    expect(() => requireAuthorizedMode(path, 0o100666n, "win32")).not.toThrow();
    expect(refusal(() => requireAuthorizedMode(path, 0o100666n, "linux")).code).toBe(
      "ERR_HAWSER_KEY_FILE_MODE",
    );
  });

  it("KT-051: 1,048,576 bytes and no more", async () => {
    const padded = `${alice}#${"x".repeat(1_048_576 - alice.length - 1)}`;
    writeFileSync(path, padded);
    expect(await allowed(await open())).toEqual(["alice"]);
    writeFileSync(path, `${padded}x`);
    expect((await rejection(open())).code).toBe("ERR_HAWSER_KEY_FILE_SIZE");
  });
});

function replace(text: string): void {
  const next = join(folder, "next");
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}
