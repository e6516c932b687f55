/** What a client or a server may not be configured with: nothing is sent then (CF-005). */
import { ascii } from "../../protocol/bytes.ts";
import { type Case, makeCase, type Role, type Setup } from "../case.ts";
import { lowOrderPoints } from "../peer/keys.ts";
import { hexOf } from "../shim/hex.ts";

const one = (role: Role, name: string, requirements: string, setup: Setup): Case =>
  makeCase(role, "start", `configured-with-${name}`, requirements, {
    setup,
    play: () => undefined,
    expected: { prints: ["failed:configuration"], says: [], closing: "closes" },
  });

const context = (text: string) => `--context=${hexOf(new TextEncoder().encode(text))}`;

export const configurationCases: readonly Case[] = [
  one("client", "a-via-key-alone", "HS-018 CF-005", { firstUse: true, via: true }),
  ...Object.entries(lowOrderPoints).flatMap(([name, point]) => [
    one("client", `server-key-${name}`, "HS-019 NO-010 CF-005", { flags: [`--server-key=${hexOf(point)}`] }),
    one("client", `via-key-${name}`, "HS-019 NO-010 CF-005", { flags: [`--via=${hexOf(point)}`] }),
  ]),
  ...(
    [
      ["a-long-context", "x".repeat(33)],
      ["a-context-with-a-space", "a b"],
      ["a-context-with-a-zero", "a\0b"],
      ["a-context-with-del", "a\u007f"],
      ["a-context-past-ascii", "\u00e9"],
    ] as const
  ).map(([name, text]) => one("client", name, "HS-022 HS-023 CF-005", { flags: [context(text)] })),
  one("server", "a-key-twice", "HS-127 CF-005", { keys: ["server", "server"] }),
  one("server", "a-long-context", "HS-023 CF-005", {
    flags: [`--context=${hexOf(ascii("x".repeat(33)))}`],
  }),
];
