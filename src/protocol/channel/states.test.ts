import { expect, it } from "vitest";
import { table } from "../machine/table.ts";
import { drains, isOver, readsMessages, readsRecords, waits } from "./states.ts";

const states = [...new Set([...Object.keys(table.client), ...Object.keys(table.server)])] as Parameters<
  typeof waits
>[0][];

it.each([
  [
    "reads messages of the handshake",
    readsMessages,
    ["AwaitChallenge", "AwaitHello", "AwaitResponse", "AwaitVerdict", "AwaitVerdictClosed"],
  ],
  ["reads records", readsRecords, ["HalfClosedLocal", "HalfClosedRemote", "Open"]],
  [
    "waits for a decision or a DH",
    waits,
    ["Deciding", "Judging", "OpeningRoute", "Responding", "Routing", "Start"],
  ],
  ["drops what comes in", drains, ["Closing", "Draining"]],
  ["keeps no keys", isOver, ["Closed", "Closing", "Draining", "Failed", "Forwarded", "Hiding"]],
] as const)("ST-001: who %s", (_, predicate, expected) => {
  expect(states.filter((state) => predicate(state)).sort()).toEqual(expected);
});
