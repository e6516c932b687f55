import { createCipheriv } from "node:crypto";

/** The same bytes for a seed each time, which look like noise: a key stream of ChaCha20 (RFC 8439 §2.4). */
export function seededStream(seed: number): (size: number) => Buffer {
  const key = Buffer.alloc(32, seed);
  const cipher = createCipheriv("chacha20", key, Buffer.alloc(16));
  return (size) => cipher.update(Buffer.alloc(size));
}

export function seededBytes(size: number, seed: number): Buffer {
  return seededStream(seed)(size);
}
