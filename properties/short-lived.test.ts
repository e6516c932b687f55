/**
 * Why: V8 collects what has just been made often and cheaply, in small collections, and what is older seldom and at a price, in full
 * ones. A connection that one thing among what is older leads to (a function that V8 makes there, what a WeakMap has for it)
 * waits for a full one, with all that it is made of; a server of short connections then spends its time on them.
 */
import { expect, it } from "vitest";
import { run, told } from "./flood/processes.ts";

/** Bytes of the heap, both ends together: some 12,000, and 47,000 before this was seen to. */
const most = 32_768;

/** From Node 24 on every stream of Node's has such a function itself (`onwrite` of its WritableState), which holds the stream. */
const nodeHoldsStreams = Number(process.versions.node.split(".")[0]) >= 24;

it.skipIf(nodeHoldsStreams)(
  "a connection that has ended goes with the small collections",
  async () => {
    const child = run("../net/short-lived.ts", "--expose-gc");
    const { bytes } = await told<{ type: "left"; bytes: number }, "left">(child, "left");
    expect(bytes).toBeLessThan(most);
  },
  60_000,
);
