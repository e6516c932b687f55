import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Gives a file a new content in one step: whoever reads it has the old one or the new one, also when the machine
 * stops in the middle.
 */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const made = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(made, "wx", mode);
  try {
    await file.chmod(mode); // Whatever the umask has taken away.
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlink(made).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await rename(made, path);
  await syncFolder(dirname(path));
}

/** So that the new name is on the disk too. Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
