/** Why: who ports the protocol names cases by their identifiers for years, and reads in them what is required. */
import { describe, expect, it } from "vitest";
import { page, requirementsModule } from "../../scripts/conformance-requirements.ts";
import { pageAsItIs } from "../../scripts/generated-page.ts";
import states from "../../spec/states.json" with { type: "json" };
import { loadPrimitives } from "../crypto/index.ts";
import { cases } from "./cases/index.ts";
import { lowOrderPoints, testPair, unreduced, withHighBit } from "./peer/keys.ts";
import { requirementTexts } from "./requirements.ts";

const kebab = (name: string) => name.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();

describe("the cases", () => {
  it("have an identifier each, of role, state and misbehaviour", () => {
    const ids = cases.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const one of cases) {
      expect(one.id).toBe(`${one.role}/${one.state}/${one.misbehaviour}`);
      expect(one.id).toMatch(/^(client|server)(\/[a-z0-9]+(-[a-z0-9]+)*){2}$/);
    }
  });

  it("are in states of the table, or are whole connections", () => {
    const known = new Set(Object.values(states.states).flatMap((some) => Object.keys(some).map(kebab)));
    for (const { state } of cases) if (state !== "whole") expect([...known]).toContain(state);
  });

  it("are 400 or more, of either role and in nearly every state", () => {
    expect(cases.length).toBeGreaterThanOrEqual(400);
    expect(cases.filter(({ role }) => role === "client").length).toBeGreaterThan(400);
    expect(cases.filter(({ role }) => role === "server").length).toBeGreaterThan(400);
  });

  it("keep their identifiers: one that goes, or is renamed, is seen here", async () => {
    await expect(`${cases.map(({ id }) => id).join("\n")}\n`).toMatchFileSnapshot("cases/identifiers.txt");
  });

  it("cite requirements that there are, each once, by the words of the specification", () => {
    for (const { id, requirements } of cases) {
      expect(requirements.length, id).toBeGreaterThan(0);
      expect(new Set(requirements).size, id).toBe(requirements.length);
    }
    expect(pageAsItIs(page)).toBe(requirementsModule());
    expect(Object.keys(requirementTexts).length).toBeGreaterThan(150);
  });

  it("expect an end: closed or failed, once, and last", () => {
    for (const { id, expected } of cases)
      for (const { prints } of expected) {
        const ends = prints.filter((word) => word === "closed" || word.startsWith("failed:"));
        expect(ends, id).toEqual([prints.at(-1)]);
      }
  });
});

describe("the keys of cases", () => {
  it("NO-010: are of low order where they are called so, and only there", async () => {
    const primitives = await loadPrimitives();
    const { secret, public: publicKey } = testPair(primitives, "any");
    for (const [name, point] of Object.entries(lowOrderPoints))
      expect(primitives.x25519(secret, point), name).toBeUndefined();
    expect(primitives.x25519(secret, unreduced.public)).toEqual(publicKey);
    const other = testPair(primitives, "other").public;
    expect(primitives.x25519(secret, withHighBit(other))).toEqual(primitives.x25519(secret, other));
  });
});
