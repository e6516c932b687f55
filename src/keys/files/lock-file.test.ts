/** Why: two processes that change a file at once would lose what one of them wrote, and a lock that stays would stop all. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { withLock } from "./lock-file.ts";

// The real ones, but where a test has another process step in between, or the system refuse.
vi.mock("node:fs/promises", async (importOriginal) => {
  const actual = await importOriginal<typeof import("node:fs/promises")>();
  return { ...actual, open: vi.fn(actual.open), unlink: vi.fn(actual.unlink) };
});
const real = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");

let folder = "";
let lock = "";
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-lock-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  lock = join(folder, `${count++}.lock`);
});
afterEach(() => {
  vi.mocked(open).mockReset();
  vi.mocked(unlink).mockReset();
});

/** A lock as another process would have left it, so many milliseconds ago. */
function left(path: string, age: number): void {
  writeFileSync(path, "");
  const seconds = (Date.now() - age) / 1_000;
  utimesSync(path, seconds, seconds);
}

/** Whether it is had within a tenth of a second, and given back if it comes later. */
async function isHad(path: string): Promise<boolean> {
  const had = withLock(path, () => Promise.resolve(true));
  const first = await Promise.race([had, sleep(100).then(() => false)]);
  if (!first) {
    unlinkSync(path);
    await had;
  }
  return first;
}

describe("a lock file", () => {
  it("is there while something is done, an empty file for its owner alone, and not afterwards", async () => {
    const seen = await withLock(lock, () => Promise.resolve(statSync(lock)));
    expect([seen.size, seen.mode & 0o777]).toEqual([0, 0o600]);
    expect(existsSync(lock)).toBe(false);
  });

  it("goes when that fails, too, and when somebody else has removed it", async () => {
    await expect(withLock(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(existsSync(lock)).toBe(false);
    await expect(withLock(lock, () => Promise.resolve(unlinkSync(lock)))).resolves.toBeUndefined();
  });

  it("lets one in at a time", async () => {
    let inside = 0;
    const done = await Promise.all(
      [1, 2, 3].map((n) =>
        withLock(lock, async () => {
          expect(++inside).toBe(1);
          await sleep(5);
          inside--;
          return n;
        }),
      ),
    );
    expect(done).toEqual([1, 2, 3]);
  });

  it.each([
    ["now", 0, false],
    ["nine seconds ago", 9_000, false],
    ["eleven seconds ago", 11_000, true],
    ["nine seconds in the future", -9_000, false],
    ["eleven seconds in the future", -11_000, true],
  ])("that was left %s is a dead process's: %s ms, %s", async (_, age, dead) => {
    left(lock, age);
    expect(await isHad(lock)).toBe(dead);
    expect([existsSync(lock), existsSync(`${lock}.stale`)]).toEqual([false, false]);
  });

  it.each([
    ["now", 0, false],
    ["eleven seconds ago", 11_000, true],
  ])("of a dead process is removed by one at a time, who may have died too: %s", async (_, age, dead) => {
    left(lock, 20_000);
    left(`${lock}.stale`, age);
    expect(await isHad(lock)).toBe(dead);
    expect(existsSync(`${lock}.stale`)).toBe(!dead);
  });

  it("of a living process is waited for without another file, and without taking all of the time", async () => {
    left(lock, 0);
    expect(await isHad(lock)).toBe(false);
    const made = vi.mocked(open).mock.calls.map(([path]) => path);
    expect(new Set(made)).toEqual(new Set([lock]));
    expect(made.length).toBeLessThan(30);
  });

  it("that goes while it is looked at is nobody's: the next is made", async () => {
    left(lock, 0);
    vi.mocked(open).mockImplementationOnce(async (...args) => {
      const refused = await real.open(...args).catch((error: unknown) => error);
      unlinkSync(lock);
      throw refused;
    });
    expect(await withLock(lock, () => Promise.resolve(existsSync(lock)))).toBe(true);
    expect(vi.mocked(open).mock.calls.map(([path]) => path)).toEqual([lock, lock]);
  });

  it("of a dead process is left alone where somebody else has a new one by the time it is to go", async () => {
    left(lock, 20_000);
    vi.mocked(open).mockImplementation((...args) => {
      if (args[0] !== lock) left(lock, 0);
      return real.open(...args);
    });
    expect(await isHad(lock)).toBe(false);
  });

  it("that can't be removed is the system's error, a dead process's and one's own", async () => {
    const refused = Object.assign(new Error("no"), { code: "EPERM" });
    left(lock, 20_000);
    vi.mocked(unlink).mockRejectedValueOnce(refused);
    await expect(withLock(lock, () => Promise.resolve())).rejects.toBe(refused);
    vi.mocked(unlink).mockReset();
    await withLock(lock, () => Promise.resolve());
    vi.mocked(unlink).mockRejectedValueOnce(refused);
    await expect(withLock(lock, () => Promise.resolve())).rejects.toBe(refused);
  });

  it.each(["a folder", "a file with something in it"])("is not made of %s", async (what) => {
    if (what === "a folder") mkdirSync(lock);
    else writeFileSync(lock, "x");
    await expect(withLock(lock, () => Promise.resolve())).rejects.toMatchObject({
      code: "EEXIST",
      path: lock,
      message: expect.stringContaining("in the way") as string,
    });
    expect(existsSync(lock)).toBe(true);
  });

  it("that can't be made is the system's error", async () => {
    await expect(withLock(join(folder, "no", "lock"), () => Promise.resolve())).rejects.toMatchObject({
      code: "ENOENT",
    });
    writeFileSync(lock, "");
    await expect(withLock(join(lock, "lock"), () => Promise.resolve())).rejects.toMatchObject({
      code: "ENOTDIR",
    });
  });
});
