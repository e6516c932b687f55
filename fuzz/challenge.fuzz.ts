import type { ClientChannel, ClientOptions } from "../src/protocol/index.ts";
import { altered } from "./support/altered.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { type End, newClient } from "./support/end.ts";
import { Input } from "./support/input.ts";
import { chosenKey, clientEphemeral, clientKey, serverEphemeral, serverKey, viaKey } from "./support/keys.ts";
import { primitives } from "./support/primitives.ts";
import { openedResponse, sealedChallenge, sealedRecord, verdictCipher } from "./support/sealing.ts";
import { judgePlaintext } from "./support/wire.ts";

/**
 * The client: 0 expects a server's key, 1 knows a via key too, 2 knows none. How big the pieces are that the input comes
 * in. The key shown, the code. What is altered on the way. Then the Verdict's plaintext.
 */
export const lengths = { usual: 64, longest: 2_048 };

const clients: readonly Partial<ClientOptions>[] = [
  { serverKey: serverKey.publicKey, context: "fuzz" },
  { serverKey: serverKey.publicKey, via: viaKey.publicKey },
  {},
];

/**
 * A client goes on just when the Challenge authenticates and shows the right key and no code; what it fails by otherwise
 * is one of six things, each where the specification has it; and a Verdict that comes with it waits for the Response.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const options = clients[input.u8() % clients.length] ?? {};
  const size = input.u8();
  const end = newClient(options);
  end.take(end.channel.start());
  const hello = end.sent();
  const shown = chosenKey(input);
  const code = input.u16();
  const { bytes, state } = sealedChallenge(hello, clientEphemeral, serverEphemeral, shown, code);
  const challenge = altered(bytes, input);
  const verdict = verdictCipher(state);
  const plaintext = input.rest();
  end.receive(challenge, size);
  if (!isGood(end, options, { bytes, challenge, shown, code })) {
    check(end.sent().length === 0, "a client that fails before its Response says nothing");
    end.checkTrace();
    end.checkMemory(data);
    return;
  }
  if (options.serverKey === undefined) end.take(end.channel.trust());
  const response = openedResponse(state, serverEphemeral, end.sent());
  if (response === undefined) throw new Error("the Response does not authenticate");
  checkSameBytes(response.shown, clientKey.publicKey, "the client's key");
  const context = new Uint8Array(32);
  context.set(new TextEncoder().encode(options.context ?? ""));
  checkSameBytes(response.context, context, "the context");
  if (plaintext.length >= 3) judgeVerdict(end, sealedRecord(verdict, plaintext), plaintext, size);
  end.checkTrace();
  end.checkMemory(data);
}

interface Made {
  /** As it was sealed. */
  readonly bytes: Uint8Array;
  /** As it came. */
  readonly challenge: Uint8Array;
  readonly shown: Uint8Array;
  readonly code: number;
}

/** HS-055 to HS-061: whether the client goes on, and that it fails as it should where it doesn't. */
function isGood(end: End<ClientChannel>, options: Partial<ClientOptions>, made: Made): boolean {
  const { bytes, challenge, shown, code } = made;
  const zero =
    primitives.x25519(clientEphemeral.secret, challenge.subarray(0, 32)) === undefined ||
    (Buffer.compare(bytes.subarray(0, 80), challenge.subarray(0, 80)) === 0 &&
      primitives.x25519(clientEphemeral.secret, shown) === undefined);
  if (zero || Buffer.compare(bytes, challenge) !== 0) {
    const { reason } = end.channel.failure ?? {};
    if (reason?.code === "not_hawser") return false;
    check(reason?.code === "bad_challenge", `a bad Challenge: ${reason?.code}`);
    check(reason.fault === (zero ? "zero" : "unauthentic"), `the fault is ${reason.fault}`);
    return false;
  }
  const is = (key: Uint8Array | undefined) => key !== undefined && Buffer.compare(key, shown) === 0;
  if (options.serverKey === undefined) {
    if (code !== 0) return refused(end, "unauthenticated", code);
    const asked = end.find("peerKey");
    if (asked === undefined) throw new Error("nobody was asked about the key");
    checkSameBytes(asked.publicKey, shown, "the key that is judged");
    return true;
  }
  if (is(options.serverKey)) return code === 0 || refused(end, "server", code);
  if (is(options.via) && code !== 0) return refused(end, "middlebox", code);
  const { reason } = end.checkFailed("server_key_mismatch");
  check(reason.code === "server_key_mismatch" && is(reason.received), "another key is named");
  return false;
}

function refused(end: End<ClientChannel>, by: string, code: number): false {
  const { reason } = end.checkFailed("refused");
  check(reason.code === "refused" && reason.by === by, `refused by another than the ${by}`);
  check(reason.code === "refused" && reason.alert === code, `another code than ${code}`);
  return false;
}

/** HS-097 to HS-104. */
function judgeVerdict(
  end: End<ClientChannel>,
  record: Uint8Array,
  plaintext: Uint8Array,
  size: number,
): void {
  end.receive(record, size);
  const verdict = judgePlaintext(plaintext);
  const { channel } = end;
  if ("fault" in verdict) {
    const alert = plaintext[0] === 1 && verdict.fault !== "type";
    const { alertSent } = end.checkFailed(alert ? "malformed_alert" : "bad_record");
    check(alertSent === (alert ? undefined : 5), `answered by ${alertSent}`);
  } else if (verdict.type === 2) {
    check(channel.state === "Open", `an Accept leads to ${channel.state}`);
    // The verdict key was for one record (HS-093).
    end.receive(record, size);
    end.checkFailed("bad_record");
  } else if (verdict.type === 1) {
    check(end.checkFailed("alert_received").alertSent === undefined, "an Alert is answered by one");
  } else {
    check(
      end.checkFailed("unexpected_record").alertSent === 6,
      "an unexpected Verdict is answered by its Alert",
    );
  }
}
