import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { formatSecretKeyFile, writeSecretKeyFile } from "../keys/index.ts";
import { generateKeyPair, readKeyFile } from "./key-pairs.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function keyPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hawser-"));
  folders.push(folder);
  return join(folder, "own.key");
}

describe("key pairs without primitives to hand over", () => {
  it("are new each time", async () => {
    const [one, other] = await Promise.all([generateKeyPair(), generateKeyPair()]);
    expect(one.publicKeyText).not.toBe(other.publicKeyText);
    const shared = await one.dh(other.publicKey);
    expect(shared).toEqual(await other.dh(one.publicKey));
  });

  it("come back from the file they were written to", async () => {
    const [path, made] = [await keyPath(), await generateKeyPair()];
    await writeSecretKeyFile(path, made);
    const read = await readKeyFile(path);
    expect(read.publicKeyText).toBe(made.publicKeyText);
    expect(read.exportSecretKey()).toEqual(made.exportSecretKey());
  });

  it("come from standard input", async () => {
    const made = await generateKeyPair();
    const stdin = Readable.from([formatSecretKeyFile(made, new Date())]);
    expect((await readKeyFile("-", { stdin })).publicKeyText).toBe(made.publicKeyText);
  });

  it("keep the key file's error", async () => {
    await expect(readKeyFile(await keyPath())).rejects.toMatchObject({ code: "ERR_HAWSER_KEY_FILE_MISSING" });
  });
});
