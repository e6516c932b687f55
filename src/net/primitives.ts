import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { loadPrimitives } from "../crypto/index.ts";
import type { Primitives } from "../crypto/primitives.ts";

let loading: Promise<Primitives> | undefined;

/** The primitives that all sockets share, loaded with the first of them. */
export function sharedPrimitives(): Promise<Primitives> {
  loading ??= loadPrimitives();
  return loading;
}

/** What a channel wants of the platform besides the primitives. */
export const platform = {
  randomBytes: (length: number): Uint8Array => randomBytes(length),
  now: (): number => performance.now(),
} as const;
