/**
 * Plays one case of spec/conformance.md: the application that the contract describes, on the driver and the transport
 * that the sockets use, with a channel of its own so that its randomness and its counters can be fixed.
 */
import { createHash, randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Primitives } from "../../crypto/index.ts";
import { dial } from "../../net/dial.ts";
import { Driver } from "../../net/driver.ts";
import { memoryFor } from "../../net/memory.ts";
import { internals } from "../../protocol/channel/internals.ts";
import {
  type ChannelOptions,
  ClientChannel,
  type Failure,
  type KeyHolder,
  type Output,
  ServerChannel,
  UsageError,
} from "../../protocol/index.ts";
import type { Case, Moment } from "./flags.ts";
import { hexOf } from "./hex.ts";

/** One line of what a shim prints. */
export type Line = Readonly<Record<string, string | number | null>>;

/** How much of the echo may wait before no more is read, in bytes (CF-009). */
const mostWaiting = 262_144;

/** CF-007: closes with its Response, which is the first moment at which a close does not end the connection. */
class EarlyCloser extends ClientChannel {
  override dhDone(keyHolder: KeyHolder, output: Uint8Array | undefined): Output[] {
    const outputs = super.dhDone(keyHolder, output);
    return this.state === "AwaitVerdict" ? [...outputs, ...this.close()] : outputs;
  }
}

/**
 * Connects, plays, and prints a line an event; resolves to the exit code once the transport is closed (CF-003, CF-010,
 * CF-013).
 */
export async function play(
  one: Case,
  primitives: Primitives,
  print: (line: Line) => void,
): Promise<0 | 1 | 89> {
  const socket = await dial(
    { host: "127.0.0.1", port: one.port },
    {},
    Number.POSITIVE_INFINITY,
    new AbortController().signal,
  );
  const hash = createHash("sha256");
  let length = 0;
  const delivered = () => ({ length, sha256: hash.copy().digest("hex") });
  let code: 0 | 1 = 1;
  const closed = new Promise<void>((resolve) => socket.once("close", resolve));
  const finish = async () => {
    await closed;
    print({ event: "done", code, ...delivered() });
    return code;
  };

  let channel: ClientChannel | ServerChannel;
  try {
    channel = makeChannel(one, { ...channelOptions(one, primitives), memory: memoryFor(socket) });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print({ event: "failed", kind: "configuration", code: null }); // CF-005
    socket.destroy();
    return finish();
  }

  /** Nothing is written any more: the own direction has ended, or the application gave up (CF-008). */
  let isDone = one.closeFirst && one.role === "client";
  let hasGivenUp = false;
  const closeOnce = () => {
    if (!isDone) driver.close();
    isDone = true;
  };
  /** Whether this is the moment at which the application gives up; then it has. */
  const givesUpAt = (moment: Moment): boolean => {
    if (hasGivenUp || one.alert === undefined || one.when !== moment) return hasGivenUp;
    hasGivenUp = true;
    isDone = true;
    driver.alert(one.alert, one.words);
    return true;
  };

  const driver: Driver = new Driver(channel, socket, one.drain, {
    peerKey(publicKey, context) {
      const shown = one.role === "client" ? null : hexOf(new TextEncoder().encode(context ?? ""));
      print({ event: "peerKey", key: hexOf(publicKey), context: shown });
      if (givesUpAt("peerKey")) return;
      const decide = () => driver.decide(decisionOf(one));
      if (one.decideAfter === 0) decide();
      else setTimeout(decide, one.decideAfter);
    },
    open() {
      print({
        event: "open",
        binding: hexOf(channel.channelBinding ?? new Uint8Array(0)),
        exporter: exporterOf(channel),
      });
      // What came in the same bytes may have ended the channel already: then nothing is written or asked any more.
      if (givesUpAt("open") || driver.isOver) return;
      if (one.ping !== undefined) driver.ping(one.ping);
      if (one.role === "client") return;
      if (one.send > 0) driver.write(counted(one.send));
      if (one.closeFirst) closeOnce();
    },
    data(bytes) {
      length += bytes.length;
      hash.update(bytes);
      if (givesUpAt("data") || isDone || one.mute || driver.isOver) return true;
      driver.write(bytes);
      return driver.backlog < mostWaiting;
    },
    end() {
      print({ event: "end", ...delivered() });
      if (givesUpAt("end") || isDone) return;
      if (one.linger === undefined) closeOnce();
      else
        setTimeout(() => {
          if (isDone || driver.isOver) return;
          driver.write(new TextEncoder().encode("late"));
          closeOnce();
        }, one.linger);
    },
    pong(bytes) {
      if (one.ping !== undefined) print({ event: "pong", bytes: hexOf(bytes) });
    },
    closed() {
      isDone = true;
      code = 0;
      print({ event: "closed" });
    },
    failed(failure) {
      isDone = true;
      const { reason } = failure;
      if (reason.code === "alert_received") {
        const words = hexOf(new TextEncoder().encode(reason.message));
        print({ event: "alert", code: reason.alert, words });
      }
      const about = reason.code === "alert_received" || reason.code === "refused" ? reason.alert : null;
      print({ event: "failed", kind: kindOf(failure, channel), code: about });
    },
    broken(cause) {
      throw cause;
    },
    wrote() {
      if (driver.backlog < mostWaiting) driver.applicationIsFull = false;
    },
  });

  if (one.limit !== undefined && channel instanceof ServerChannel) channel.refuse(one.limit);
  driver.start(undefined);
  if (!givesUpAt("start") && one.role === "client" && one.send > 0) driver.write(counted(one.send));
  return finish();
}

/** `null` where what came together with the Verdict has ended the channel before the application could ask. */
function exporterOf(channel: ClientChannel | ServerChannel): string | null {
  try {
    return hexOf(channel.exportKeyingMaterial("hawser conformance", 32));
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

function channelOptions(one: Case, primitives: Primitives): ChannelOptions {
  const { handshakeTimeout, drain, padding, recordSize, liveness } = one;
  let { random } = one;
  return {
    primitives,
    now: () => performance.now(),
    randomBytes(length) {
      const drawn = random.subarray(0, length);
      random = random.subarray(length);
      return drawn.length === length ? drawn.slice() : randomBytes(length);
    },
    handshakeTimeout,
    drain,
    ...(padding === undefined ? {} : { padding: { block: padding } }),
    ...(recordSize === undefined ? {} : { recordSize }),
    ...(liveness === undefined ? {} : { liveness }),
  };
}

function makeChannel(one: Case, options: ChannelOptions): ClientChannel | ServerChannel {
  const inside = { ...internals, firstNonces: { client: one.counter, server: one.counter } };
  const keyHolders = one.secrets.map((secret) => keyHolder(secret, one, options.primitives));
  const { serverKey, via, contexts } = one;
  if (one.role === "server") {
    return new ServerChannel(
      {
        ...options,
        keyHolders,
        ...(contexts === undefined ? {} : { contexts }),
        stealth: one.stealth,
        application: !one.middlebox,
      },
      inside,
    );
  }
  const [own] = keyHolders;
  if (own === undefined) throw new UsageError("a client has a key");
  const settings = {
    ...options,
    keyHolder: own,
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(via === undefined ? {} : { via }),
    ...(contexts?.[0] === undefined ? {} : { context: contexts[0] }),
  };
  return one.closeFirst ? new EarlyCloser(settings, inside) : new ClientChannel(settings, inside);
}

function keyHolder(secret: Uint8Array, { dhAfter }: Case, primitives: Primitives): KeyHolder {
  const dh = (publicKey: Uint8Array) => primitives.x25519(secret, publicKey);
  return {
    publicKey: primitives.x25519PublicKey(secret),
    dh: (publicKey) => {
      if (dhAfter === 0) return dh(publicKey);
      const copy = publicKey.slice();
      return new Promise((resolve) => setTimeout(() => resolve(dh(copy)), dhAfter));
    },
  };
}

function decisionOf({ refuse, words }: Case): Parameters<Driver["decide"]>[0] {
  return refuse === undefined ? { verdict: "accept" } : { verdict: "refuse", alert: refuse, words };
}

/** Byte i is i mod 251. */
function counted(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** CF-014. */
function kindOf({ code }: Failure, { state }: ClientChannel | ServerChannel): string {
  if (state === "Hiding") return "hidden";
  switch (code) {
    case "route_unopened":
      return "hidden";
    case "key_holder_failed":
      return "internal_error";
    default:
      return code;
  }
}
