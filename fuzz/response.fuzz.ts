import type { ServerChannel } from "../src/protocol/index.ts";
import { altered } from "./support/altered.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { type End, newServer } from "./support/end.ts";
import { Input } from "./support/input.ts";
import { chosenKey, clientEphemeral, serverEphemeral, serverKey } from "./support/keys.ts";
import { primitives } from "./support/primitives.ts";
import {
  helloFrom,
  openedChallenge,
  openedRecords,
  sealedResponse,
  sealedRoute,
  verdictCipher,
} from "./support/sealing.ts";

/**
 * The size of the pieces that it comes in, 0 for one, and how the application decides. The key shown, the context: 0 none,
 * 1 one that is served, else any. What is altered on the way. Then bytes that follow.
 */
export const lengths = { usual: 80, longest: 70_000 };

const served = ["", "fuzz/1"] as const;
const route = sealedRoute(clientEphemeral, serverKey.publicKey, serverKey.publicKey);
const hello = helloFrom(clientEphemeral.publicKey, route);

function chosenContext(input: Input): Uint8Array {
  const name = served[input.u8()];
  if (name === undefined) return input.take(32);
  const context = new Uint8Array(32);
  context.set(new TextEncoder().encode(name));
  return context;
}

/**
 * A client is shown to the application just when its Response authenticates and wants a context that is served. Anything
 * else is answered by one Alert under the verdict key, padded so that its size says nothing, and by nothing more.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const size = input.u8();
  const decision = input.u8();
  const end = newServer({ contexts: served });
  end.receive(hello, size);
  const challenge = openedChallenge(hello, clientEphemeral, end.sent());
  if (challenge === undefined || challenge.code !== 0) throw new Error("a good Hello got no good Challenge");
  checkSameBytes(challenge.shown, serverKey.publicKey, "the server's key");
  const { state } = challenge;
  const cipher = verdictCipher(state);
  const shown = chosenKey(input);
  const context = chosenContext(input);
  const sealed = sealedResponse(state, serverEphemeral, shown, context);
  const response = altered(sealed, input);
  const tail = input.rest();
  end.receive(response, size);
  end.receive(tail, size);

  const { code, words, fails } = expected(end, { sealed, response, shown, context, decision });
  const [verdict, ...more] = openedRecords(cipher, end.sent().subarray(0, 2 + 256 + 16));
  check(verdict?.length === 256 && more.length === 0, "the Verdict is one record, padded to 256 bytes");
  const body = code === undefined ? [2, 0, 0] : [1, 0, 2 + words.length, 0, code, ...Buffer.from(words)];
  checkSameBytes(
    verdict,
    Uint8Array.from({ length: 256 }, (_, i) => body[i] ?? 0),
    "the Verdict",
  );
  if (fails !== undefined) end.checkFailed(fails);
  else check(end.has("open"), `accepted, and in ${end.channel.state}`);
  end.checkTrace();
  end.checkMemory(data);
}

interface Made {
  readonly sealed: Uint8Array;
  readonly response: Uint8Array;
  readonly shown: Uint8Array;
  readonly context: Uint8Array;
  readonly decision: number;
}

interface Expected {
  /** The code of the Alert that is the Verdict; none is an Accept. */
  readonly code?: number;
  readonly words: string;
  readonly fails?: "bad_response" | "wrong_context" | "denied";
}

/** HS-075 to HS-085; where the application is asked, it answers. */
function expected(end: End<ServerChannel>, { sealed, response, shown, context, decision }: Made): Expected {
  const keyCame = Buffer.compare(sealed.subarray(0, 48), response.subarray(0, 48)) === 0;
  const zero = keyCame && primitives.x25519(serverEphemeral.secret, shown) === undefined;
  if (zero || Buffer.compare(sealed, response) !== 0) {
    const { reason } = end.checkFailed("bad_response");
    const fault = reason.code === "bad_response" ? reason.fault : undefined;
    check(fault === (zero ? "zero" : "unauthentic"), `the fault is ${fault}`);
    return { code: 2, words: "", fails: "bad_response" };
  }
  const name = served.find((text) => Buffer.from(context).toString("latin1") === text.padEnd(32, "\0"));
  if (name === undefined) return { code: 10, words: "", fails: "wrong_context" };
  const asked = end.find("peerKey");
  if (asked === undefined) throw new Error("the application was not asked");
  checkSameBytes(asked.publicKey, shown, "the key that is shown to the application");
  check(asked.context === (name === "" ? undefined : name), `the context is ${asked.context}`);
  check(end.channel.state === "Deciding", `the application is asked in ${end.channel.state}`);
  if (decision % 2 === 0) {
    end.take(end.channel.accept());
    return { words: "" };
  }
  end.take(end.channel.refuse("not_authorized", "no"));
  return { code: 3, words: "no", fails: "denied" };
}
