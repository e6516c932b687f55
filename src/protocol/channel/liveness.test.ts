import { describe, expect, it } from "vitest";
import { Drain } from "./drain.ts";
import { Liveness } from "./liveness.ts";

describe("Liveness", () => {
  const body = new Uint8Array(8);

  it("has no deadline without a policy", () => {
    const liveness = new Liveness(undefined);
    liveness.heard(5);
    expect(liveness.deadline).toBeUndefined();
  });

  it("has pinged nobody to begin with", () => {
    expect(new Liveness({ pingAfter: 10, timeout: 30 }).hasPinged).toBe(false);
  });

  it("pings after the one silence, and gives up after the other", () => {
    const liveness = new Liveness({ pingAfter: 10, timeout: 30 });
    liveness.heard(100);
    expect([liveness.deadline, liveness.hasPinged]).toEqual([110, false]);
    liveness.pingSent(body);
    expect([liveness.deadline, liveness.hasPinged]).toEqual([130, true]);
    expect(liveness.outstanding).toBe(body);
  });

  it("a record that is no Pong ends the silence, and the Ping is still unanswered", () => {
    const liveness = new Liveness({ pingAfter: 10, timeout: 30 });
    liveness.pingSent(body);
    liveness.heard(50);
    expect([liveness.deadline, liveness.hasPinged]).toEqual([80, true]);
    liveness.forgetPing();
    expect([liveness.deadline, liveness.hasPinged, liveness.outstanding]).toEqual([60, false, undefined]);
  });

  it("a Ping that was answered in the same silence is not sent twice", () => {
    const liveness = new Liveness({ pingAfter: 10, timeout: 30 });
    liveness.pingSent(body);
    liveness.forgetPing();
    expect(liveness.hasPinged).toBe(true);
    expect(liveness.pongOwed).toBe(false);
  });
});

describe("Drain", () => {
  it("begins once", () => {
    const drain = new Drain(100, 10);
    expect(drain.deadline).toBeUndefined();
    drain.begin(5);
    drain.begin(50);
    expect(drain.deadline).toBe(105);
  });

  it("ST-029: reads until as many bytes are dropped as it may", () => {
    const drain = new Drain(100, 10);
    expect(drain.isReading).toBe(true);
    drain.drop(4);
    drain.drop(5);
    expect(drain.isReading).toBe(true);
    drain.drop(1);
    expect(drain.isReading).toBe(false);
  });
});
