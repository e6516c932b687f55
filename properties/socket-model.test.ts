/**
 * Why: two programs call a socket's methods in any order, on a wire that is slow, cut in pieces or cut off. A model that
 * knows no more than what was written and by whom says what may come out of it.
 */
import { fc } from "@fast-check/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { AlertError } from "../src/net/errors.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { pattern } from "./net/loopback.ts";
import { runs } from "./seed.ts";
import type { Cut } from "./socket/link.ts";
import { type Linked, linked, type Outcome, outcomeOf } from "./socket/linked.ts";
import { faultsOf, type Model, newModel, type Side } from "./socket/simple-model.ts";

/** Both ends, open, and how they will have come out. */
interface Real {
  readonly linked: Linked;
  readonly sockets: Record<Side, HawserSocket>;
  readonly outcomes: Record<Side, Promise<Outcome>>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Something that one end's application does; `may` says whether it is of its mind. */
function command(
  name: string,
  may: (model: Model) => boolean,
  run: (model: Model, real: Real) => void | Promise<void>,
): Command {
  return {
    check: may,
    run: async (model, real) => run(model, real),
    toString: () => name,
  };
}

const speaks = (side: Side) => (model: Model) => !model[side].hasEnded && model[side].alert === undefined;
const isThere = (side: Side) => (model: Model) => model[side].alert === undefined;
const turn = () => new Promise((resolve) => setImmediate(resolve));

const write = (side: Side, length: number) =>
  command(`${side}.write(${length})`, speaks(side), (model, { sockets }) => {
    const { written } = model[side];
    const bytes = pattern(length, 1 + 2 * written.length + (side === "client" ? 0 : 1));
    written.push(bytes);
    sockets[side].write(bytes);
  });

const end = (side: Side) =>
  command(`${side}.end()`, speaks(side), (model, { sockets }) => {
    model[side].hasEnded = true;
    sockets[side].end();
  });

const ping = (side: Side) =>
  command(`${side}.ping()`, isThere(side), ({ [side]: own }, { sockets }) => {
    own.pings++;
    const answered = () => void own.answered++;
    sockets[side].ping().then(answered, answered);
  });

const pauseReading = (side: Side) =>
  command(`${side}.pause()`, isThere(side), (_model, { sockets }) => void sockets[side].pause());

const resume = (side: Side) =>
  command(`${side}.resume()`, isThere(side), (_model, { sockets }) => void sockets[side].resume());

const alert = (side: Side, code: number) =>
  command(`${side}.alert(${code})`, isThere(side), (model, { sockets }) => {
    Object.assign(model[side], { alert: code, waited: true });
    sockets[side].resume();
    // It is over before, or the wire is cut: then there is nobody to be told.
    sockets[side].alert(code).catch(() => void sockets[side].destroy());
  });

const destroyWith = (side: Side, code: number) =>
  command(`${side}.destroy(new AlertError(${code}))`, isThere(side), (model, { sockets }) => {
    model[side].alert = code;
    sockets[side].destroy(new AlertError(code));
  });

const destroy = (side: Side) =>
  command(`${side}.destroy()`, isThere(side), (model, { sockets }) => {
    model[side].alert = 12;
    sockets[side].destroy();
  });

const wait = (milliseconds: number) =>
  command(
    `wait(${milliseconds})`,
    () => true,
    () => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  );

const sides = fc.constantFrom<Side>("client", "server");
const lengths = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 40_000 }));
const peaceful: fc.Arbitrary<Command>[] = [
  fc.tuple(sides, lengths).map(([side, length]) => write(side, length)),
  fc.tuple(sides, lengths).map(([side, length]) => write(side, length)),
  fc.tuple(sides, lengths).map(([side, length]) => write(side, length)),
  sides.map(ping),
  sides.map(pauseReading),
  sides.map(resume),
  fc.constantFrom(0, 0, 1, 5).map(wait),
  sides.map(end),
];
const codes = fc.integer({ min: 0x8000, max: 0xffff });
const violent: fc.Arbitrary<Command>[] = [
  fc.tuple(sides, codes).map(([side, code]) => alert(side, code)),
  fc.tuple(sides, codes).map(([side, code]) => destroyWith(side, code)),
  sides.map(destroy),
];

/** A wire: slow or not, and where it is cut, if anywhere. No cut comes before both ends are open. */
interface Wire {
  readonly delay: number;
  readonly cut: { readonly to: Side; readonly after: number; readonly cut: Cut } | undefined;
}

const delays = fc.constantFrom(0, 0, 0, 1, 3);
const goodWire: fc.Arbitrary<Wire> = fc.record({ delay: delays, cut: fc.constant(undefined) });
const cutWire: fc.Arbitrary<Wire> = fc.record({
  delay: delays,
  cut: fc.record({
    to: sides,
    after: fc.oneof(fc.integer({ min: 400, max: 600 }), fc.integer({ min: 400, max: 10_000 })),
    cut: fc.constantFrom<Cut>("FIN", "RST", "stall"),
  }),
});

async function open({ delay, cut }: Wire): Promise<Real> {
  const course = (to: Side) => ({ delay, ...(cut?.to === to ? { after: cut.after, cut: cut.cut } : {}) });
  const options = {
    allowHalfOpen: true,
    ...(cut?.cut === "stall" ? { drain: { timeout: 200 } } : {}),
  };
  const ends = await linked({
    toServer: course("server"),
    toClient: course("client"),
    client: options,
    server: options,
  });
  await ends.client.ready;
  const sockets = { client: ends.client, server: await ends.accepted };
  const outcomes = { client: outcomeOf(sockets.client), server: outcomeOf(sockets.server) };
  return { linked: ends, sockets, outcomes };
}

const met = { clean: 0, alerted: 0, cut: 0 };

/** Lets both ends come to their end: by ending, or, where nothing passes any more, by giving up. */
async function conclude(model: Model, { linked: { link }, sockets }: Real, { cut }: Wire): Promise<void> {
  for (const side of ["client", "server"] as const) {
    sockets[side].resume();
    if (model[side].alert === undefined && !model[side].hasEnded) {
      model[side].hasEnded = true;
      sockets[side].end();
    }
  }
  const direction = cut?.to === "client" ? link.toClient : link.toServer;
  if (cut?.cut !== "stall") return;
  // Nothing tells an end that the wire is silent, but for liveness, which is off. So the application has enough.
  for (let i = 0; i < 50 && !direction?.wasCut; i++) await turn();
  for (const side of ["client", "server"] as const) {
    if (sockets[side].closed) continue;
    model[side].alert ??= 12;
    sockets[side].destroy();
  }
}

async function check(commands: Iterable<Command>, wire: Wire): Promise<void> {
  const model = newModel();
  const real = await open(wire);
  try {
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await conclude(model, real, wire);
    const [client, server] = await Promise.all([real.outcomes.client, real.outcomes.server]);
    const { toClient, toServer } = real.linked.link;
    model.isCut = toClient?.wasCut === true || toServer?.wasCut === true;
    // Pings are answered, or refused, at the latest in the turn after the socket is closed.
    await turn();
    expect(faultsOf(model, { client, server })).toEqual([]);
    if (model.isCut) met.cut++;
    else if (model.client.alert === undefined && model.server.alert === undefined) met.clean++;
    else met.alerted++;
  } finally {
    await real.linked.close();
  }
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
const before = sockets();

describe("two programs over sockets", () => {
  const talk = fc.commands(peaceful, { maxCommands: 30, size: "max" });
  const anything = fc.commands([...peaceful, ...peaceful, ...violent], { maxCommands: 30, size: "max" });

  it("SC-005 RC-024 RC-035: undisturbed: everything arrives, in order, and both are told of the end, once", async () => {
    await fc.assert(fc.asyncProperty(talk, goodWire, check), { numRuns: runs(100) });
  });

  it("SC-007 AL-008 AL-021: giving up: the other hears why, after a prefix or all of the data", async () => {
    await fc.assert(fc.asyncProperty(anything, goodWire, check), { numRuns: runs(100) });
  });

  it("SC-005 SC-006 SC-039: over a wire that is cut: a prefix, and no end that is none", async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(talk, talk, anything), cutWire, check), { numRuns: runs(100) });
  });

  it("met clean ends, alerts and cuts", () => {
    console.log(`socket model: ${JSON.stringify(met)}`);
    expect(met.clean).toBeGreaterThan(runs(90));
    expect(met.alerted).toBeGreaterThan(runs(40));
    expect(met.cut).toBeGreaterThan(runs(25));
  });

  it("would be found out by the model", async () => {
    const model = newModel();
    const real = await open({ delay: 0, cut: undefined });
    for (const each of [write("client", 100), write("server", 50), ping("client"), end("server")])
      await each.run(model, real);
    await conclude(model, real, { delay: 0, cut: undefined });
    const ends = { client: await real.outcomes.client, server: await real.outcomes.server };
    await real.linked.close();
    const faults = (wrong: Partial<Outcome>) =>
      faultsOf(model, { ...ends, server: { ...ends.server, ...wrong } }).join();
    expect(faults({})).toBe("");
    expect(faults({ data: ends.server.data.subarray(0, 99) })).toMatch(/an end that is none/);
    expect(faults({ data: Buffer.alloc(100) })).toMatch(/what nobody wrote/);
    expect(faults({ hasEnded: false })).toMatch(/no clean end/);
    expect(faults({ endings: 2 })).toMatch(/2 ends/);
    expect(faults({ code: "ERR_HAWSER_TRUNCATED" })).toMatch(/fails with ERR_HAWSER_TRUNCATED/);
    model.client.alert = 0x8001;
    expect(faults({ code: "ERR_HAWSER_ALERT_RECEIVED", alert: 0x8002 })).toMatch(/not alert 32769/);
    model.client.pings++;
    expect(faults({})).toMatch(/1 pings are still open/);
  });

  afterAll(async () => {
    for (let i = 0; i < 50 && sockets() > before; i++) await turn();
    expect(sockets()).toBe(before);
  });
});
