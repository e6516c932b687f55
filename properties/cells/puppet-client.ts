import { clientKey, seededBytes, serverKey } from "../model/pair.ts";
import {
  CHALLENGE_SIZE,
  encodeContext,
  hello,
  makeHeader,
  readChallenge,
  response,
  responseWithKey,
  transportKeys,
} from "../reference/messages.ts";
import { concat, equal, zeros } from "../reference/primitives.ts";
import { openRecord } from "../reference/record.ts";
import { type FirstNonces, have, nameOf, Puppet, recordWords } from "./puppet.ts";

/** Whom the Hello asks for, and through whom. `"nobody"`: 48 random bytes, as on first use. */
export interface Wish {
  readonly server: Uint8Array | "nobody";
  readonly via: Uint8Array;
  readonly context: string;
}

export const usualWish: Wish = { server: serverKey.publicKey, via: serverKey.publicKey, context: "" };

/** A client held by a test, for a server under test. */
export class PuppetClient extends Puppet {
  readonly #wish: Wish;
  readonly #ephemeralSecret = seededBytes("puppet client")(32);
  /** The Hello, 88 bytes. */
  readonly hello: Uint8Array;
  #serverE: Uint8Array | undefined;
  #accepted = false;

  constructor(wish: Wish, firstNonces: FirstNonces) {
    super(firstNonces);
    this.#wish = wish;
    const route =
      wish.server === "nobody"
        ? { random48: seededBytes("puppet route")(48) }
        : { serverKey: wish.server, via: wish.via };
    const made = hello(this.#ephemeralSecret, makeHeader(), route);
    if (made === "zero") throw new Error("a wish for a key that is none");
    this.hello = made.bytes;
  }

  /** A Hello whose ephemeral key is a low-order point. */
  zeroHello(): Uint8Array {
    return concat(makeHeader(), zeros(32), this.hello.slice(40));
  }

  /** The Response to the Challenge that was read. */
  response(): Uint8Array {
    const context = encodeContext(this.#wish.context);
    const { bytes, state } = response(
      have(this.challenged),
      clientKey.secretKey,
      have(this.#serverE),
      context,
    );
    const keys = transportKeys(state);
    this.outgoing = { key: keys.client, nonce: this.firstNonces.client };
    this.incoming = { key: keys.server, nonce: this.firstNonces.server };
    return bytes;
  }

  /** A Response that shows a low-order point for a key; both its parts authenticate under a DH of zeros. */
  zeroResponse(): Uint8Array {
    return responseWithKey(have(this.challenged), zeros(32), zeros(32), encodeContext(this.#wish.context));
  }

  read(bytes: Uint8Array): string[] {
    if (this.challenged === undefined) {
      if (equal(bytes, makeHeader())) return ["hint"];
      if (bytes.length !== CHALLENGE_SIZE) return [`${bytes.length} bytes for a Challenge`];
      const read = readChallenge(this.hello, this.#ephemeralSecret, bytes);
      if (read === "bad") return ["a bad Challenge"];
      this.challenged = read.state;
      this.#serverE = read.serverE;
      return [`Challenge ${read.code} from ${nameOf(read.serverKey)}`];
    }
    if (this.#accepted) return this.readRecords(bytes);
    const verdict = openRecord(this.verdictDirection, bytes);
    if ("failed" in verdict) return [`a Verdict that fails: ${verdict.failed}`];
    if ((bytes.length - 2 - 16) % 256 !== 0) return ["a Verdict whose size tells"];
    const words = recordWords(verdict.type, verdict.body);
    this.#accepted = words === "Accept";
    return [`Verdict ${words}`];
  }
}
