import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** Whether bytes are anywhere in what a process may write to. */
export function hasInMemory(pid: number, wanted: Uint8Array): boolean {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from = "", to = ""] = /^(\w+)-(\w+) rw/.exec(line) ?? [];
      if (from === "") continue;
      const chunk = Buffer.alloc(1_048_576);
      const end = Number.parseInt(to, 16);
      // Each piece overlaps the one before.
      for (let at = Number.parseInt(from, 16); at < end; at += chunk.length - wanted.length) {
        const length = Math.min(chunk.length, end - at);
        if (chunk.subarray(0, readAt(memory, chunk, length, at)).includes(Buffer.from(wanted))) return true;
      }
    }
    return false;
  } finally {
    closeSync(memory);
  }
}

function readAt(file: number, into: Buffer, length: number, at: number): number {
  try {
    return readSync(file, into, 0, length, at);
  } catch {
    return 0; // Pages that can't be read, as those of the kernel.
  }
}
