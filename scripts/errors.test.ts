/** Why: who meets an error looks it up by its code, and has to find it, as it is. */
import { describe, expect, it } from "vitest";
import { AGENT_ERRORS } from "../src/agent/index.ts";
import { COMMAND_ERRORS } from "../src/cli/errors.ts";
import { PASS_ON_ERRORS } from "../src/cluster/index.ts";
import { KEY_ERRORS } from "../src/keys/errors.ts";
import { SOCKET_ERRORS } from "../src/net/errors.ts";
import { TUNNEL_ERRORS } from "../src/tunnel/failures.ts";
import { errorsPage, page } from "./errors.ts";
import { reasons } from "./errors-failures.ts";
import { pageAsItIs } from "./generated-page.ts";
import { constituentsOf } from "./source-docs.ts";

describe(page, () => {
  it("is what scripts/errors.ts makes of the code (npx tsx scripts/errors.ts)", async () => {
    expect(pageAsItIs(page)).toBe(await errorsPage());
  });

  it("has every code there is", () => {
    const text = pageAsItIs(page);
    const failures = constituentsOf("src/protocol/failure.ts", "Reason").map(({ code }) => code);
    expect(failures).toEqual(Object.keys(reasons));
    for (const code of [
      ...failures.map((code) => `ERR_HAWSER_${code.toUpperCase()}`),
      ...Object.keys(SOCKET_ERRORS),
    ]) {
      expect(text).toContain(`### ${code}\n`);
    }
    const others = [
      ...Object.keys(KEY_ERRORS),
      ...Object.keys(COMMAND_ERRORS),
      ...Object.keys(AGENT_ERRORS),
      ...Object.keys(PASS_ON_ERRORS),
      ...Object.keys(TUNNEL_ERRORS),
      "ERR_HAWSER_NATIVE_UNAVAILABLE",
    ];
    for (const code of others) {
      expect(text).toContain(`| \`${code}\` |`);
    }
  });
});
