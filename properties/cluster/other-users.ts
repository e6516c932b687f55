import { statSync } from "node:fs";
import { dirname } from "node:path";

/** Whether processes of other users can read a file or a folder: each above it has to be open to them. */
export function isOpenToAll(path: string): boolean {
  const parent = dirname(path);
  return (statSync(path).mode & 0o005) === 0o005 && (parent === path || isOpenToAll(parent));
}

/** Whether the tests may start processes of other users, which then can run Node. */
export const hasOtherUsers = process.getuid?.() === 0 && isOpenToAll(process.execPath);
