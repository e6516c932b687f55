import { byteByByte } from "../arbitraries/cuts.ts";
import type { Actor, AnyChannel } from "./actor.ts";
import { delivered, type TestClock } from "./pair.ts";
import { type ClientSetup, type Scenario, transcript } from "./scenarios.ts";

/** An end of the scenario, on a clock of its own. */
export function endOf(
  scenario: Scenario,
  role: "client" | "server",
  clock: TestClock = { now: 0 },
  more: Pick<ClientSetup, "liveness"> = {},
): Actor<AnyChannel> {
  const options = { ...more, now: () => clock.now };
  const actor =
    role === "client" ? scenario.client({ client: options }) : scenario.server({ server: options });
  return actor as Actor<AnyChannel>;
}

/** What the undisturbed stream does to an end, byte by byte. */
export interface Course {
  readonly stream: Uint8Array;
  /** The peer's messages and records, which the stream is made of. */
  readonly parts: readonly Uint8Array[];
  /** After how many bytes the end told how it was over, if it did. */
  readonly over: number;
  /** After how many bytes the peer's data was ended. */
  readonly ended: number;
  /** What was delivered after so many bytes. */
  readonly delivered: readonly Uint8Array[];
}

export function courseOf(scenario: Scenario, role: "client" | "server"): Course {
  const { client, server, clientParts, serverParts } = transcript(scenario);
  const [stream, parts] = role === "client" ? [server, serverParts] : [client, clientParts];
  const actor = endOf(scenario, role);
  const course = { over: Number.POSITIVE_INFINITY, ended: Number.POSITIVE_INFINITY };
  const deliveredBy = [delivered(actor)];
  byteByByte(stream).forEach((byte, i) => {
    actor.receive(byte);
    actor.flush();
    deliveredBy.push(delivered(actor));
    if (actor.has("closed") || actor.has("failed")) course.over = Math.min(course.over, i + 1);
    if (actor.has("end")) course.ended = Math.min(course.ended, i + 1);
  });
  return { stream, parts, ...course, delivered: deliveredBy };
}

/** The first bytes of the stream come in, part by part, as they were sent. */
export function feed(actor: Actor<AnyChannel>, { parts }: Course, length: number): void {
  let left = length;
  for (const part of parts) {
    if (left <= 0) return;
    actor.receive(part.slice(0, left));
    actor.flush();
    left -= part.length;
  }
}
