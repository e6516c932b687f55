/**
 * Why: a counterexample may be an artefact of its model. Each of the life-cycle model's is executed here, step by
 * step, on real bytes between two real channels: a mutant of the real channel follows it to the letter and breaks the
 * very property, so it is a real attack; and the real channel, given the same steps, keeps every property.
 */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import list from "../spec/model/lifecycle/mutants.json" with { type: "json" };
import { beyond, broken, claims } from "./lifecycle-traces/claims.ts";
import { mutants, real } from "./lifecycle-traces/mutants.ts";
import { type Played, play } from "./lifecycle-traces/play.ts";
import {
  type Did,
  type Outcome,
  type Side,
  type Step,
  type Trace,
  traces,
} from "./lifecycle-traces/trace.ts";

function traceOf(name: string): Trace {
  const trace = traces.find(({ mutant }) => mutant === name);
  if (trace === undefined) throw new Error(`no trace of ${name}`);
  return trace;
}

/** What a trace says was done in a step. */
function told(step: Step): Did {
  if (step.actor === "attacker") return {};
  const { actor: _actor, action: _action, record: _record, text: _text, ...did } = step;
  return did;
}

/** In which step, counted from 1, something else was done than the trace says. */
function firstDifference({ steps }: Trace, { did }: Played): number | "the end" {
  const index = steps.findIndex((step, i) => !isDeepStrictEqual(told(step), did[i]));
  return index < 0 ? "the end" : index + 1;
}

function outcomes({ history }: Played): Partial<Record<Side, Outcome>> {
  return Object.fromEntries(
    history.flatMap((told) => (told.did === "reported" ? [[told.who, told.outcome]] : [])),
  );
}

const named = ({ name }: { readonly name: string }) => name;

describe("the traces", () => {
  it("are those of the model's mutants and limits, and every mutant is made", () => {
    const all = [...list.mutants, ...list.limits];
    expect(traces.map(({ mutant }) => mutant).sort()).toEqual(all.map(named).sort());
    expect(Object.keys(mutants).sort()).toEqual(list.mutants.map(named).sort());
  });

  it("break each of the claims: none is there that can't fail", () => {
    const expected = new Set(list.mutants.map(({ expect: property }) => property));
    expect([...expected].sort()).toEqual(Object.keys(claims).sort());
  });
});

describe.each(Object.entries(mutants))("%s", (name, { against, made, realDiffersIn }) => {
  const trace = traceOf(name);
  const { steps, violates } = trace;

  it(`${against}: the mutant takes every step, and breaks ${violates}`, () => {
    const played = play(trace, made);
    expect(played.did).toEqual(steps.map(told));
    if (violates === "end") played.finish();
    const others = list.mutants.find((mutant) => mutant.name === name)?.all;
    expect(broken(claims, played.history)).toContain(violates);
    expect(others).toEqual(expect.arrayContaining(broken(claims, played.history)));
  });

  const step = typeof realDiffersIn === "number" ? steps[realDiffersIn - 1] : undefined;
  const where = step === undefined ? "only after the last step" : `in step ${realDiffersIn} ("${step.text}")`;
  it(`${against}: the real implementation does something else ${where}, and keeps everything`, () => {
    const played = play(trace, real);
    expect(firstDifference(trace, played)).toBe(realDiffersIn);
    expect(broken(claims, played.history)).toEqual([]);
    played.finish();
    expect(broken(claims, played.history)).toEqual([]);
  });

  it("the mutant breaks nothing where nothing happens to it", () => {
    const played = play({ steps: [], defines: { BUDGET: 0, DEADLINES: 0 } }, made);
    played.finish();
    expect(outcomes(played)).toEqual({ client: "clean", server: "clean" });
    expect(broken(claims, played.history)).toEqual([]);
  });
});

describe("limits of the design, as the model's README.md tells them", () => {
  it.each([
    ["SC-050", "alert-into-closing", { server: "alerted", client: "clean" }],
    ["SC-051", "drain-deadline", { server: "alerted", client: "truncated" }],
    ["SC-052", "agreement", { server: "clean", client: "truncated" }],
  ] as const)("%s, %s: the real implementation takes every step", (_, name, reported) => {
    const trace = traceOf(name);
    const played = play(trace, real);
    expect(played.did).toEqual(trace.steps.map(told));
    expect(outcomes(played)).toEqual(reported);
    expect(broken(claims, played.history)).toEqual([]);
    expect(broken(beyond, played.history)).toContain(trace.violates);
  });
});

describe("the attacker's acts that no trace has", () => {
  const client = { actor: "client", text: "" } as const;
  const server = { actor: "server", text: "" } as const;
  const attacker = { actor: "attacker", direction: "from client", text: "" } as const;
  const opened: readonly Step[] = [
    { ...server, action: "receive", record: { key: "response", nonce: 0 } },
    { ...server, action: "accept" },
    { ...client, action: "receive", record: { key: "verdict", nonce: 0 } },
    { ...client, action: "write" },
    { ...client, action: "write" },
  ];
  const bad = { server: "alerted", client: "alert received" } as const;
  const cutOff = { server: "truncated", client: "truncated" } as const;

  it.each([
    ["a record dropped", { ...attacker, action: "drop" }, bad],
    ["two records swapped", { ...attacker, action: "swap" }, bad],
    ["the Verdict sent back", { ...attacker, action: "inject", record: { key: "verdict", nonce: 0 } }, bad],
    // It has no length before it, so it is not judged as the record that it is in the model: its first bytes are taken
    // for the length of a record that never ends.
    [
      "the Response again",
      { ...attacker, action: "inject", record: { key: "response", nonce: 0 } },
      { server: "truncated", client: "clean" },
    ],
    ["a cut inside a record", { ...attacker, action: "cut", record: { end: "inside a record" } }, cutOff],
    ["a reset", { ...attacker, action: "reset", against: "server" }, cutOff],
  ] satisfies [string, Step, Record<Side, Outcome>][])(
    "SC-005: %s is noticed, and nothing is broken",
    (_, act, reported) => {
      const played = play({ steps: [...opened, act], defines: { BUDGET: 1 } }, real);
      expect(played.did).not.toContain("impossible");
      played.finish();
      expect(outcomes(played)).toEqual(reported);
      expect(played.history.filter(({ did }) => did === "delivered")).toEqual([]);
      expect(broken(claims, played.history)).toEqual([]);
    },
  );
});
