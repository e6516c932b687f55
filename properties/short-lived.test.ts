/**
 * Why: V8 collects what has just been made often and cheaply, and the rest seldom and at a price. A connection that is held by one thing
 * that is older than itself (a function that V8 makes there, what a WeakMap has for it) waits for the rest, with all that it is made
 * of; a server of short connections then spends its time on collections.
 */
import { expect, it } from "vitest";
import { run, told } from "./flood/processes.ts";

/** Bytes of the heap, both ends together; a socket of `node:net` at each end is 5,000. Before this was seen to it was 50,000. */
const most = 32_768;

it("a connection that has ended goes with the small collections", async () => {
  const child = run("../net/short-lived.ts", "--expose-gc");
  const { bytes } = await told<{ type: "left"; bytes: number }, "left">(child, "left");
  expect(bytes).toBeLessThan(most);
}, 60_000);
