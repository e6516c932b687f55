import { seededBytes, serverKey } from "../model/pair.ts";
import {
  CHALLENGE_SIZE,
  challenge,
  HELLO_SIZE,
  openRoute,
  RESPONSE_SIZE,
  readResponse,
  transportKeys,
} from "../reference/messages.ts";
import { concat, zeros } from "../reference/primitives.ts";
import { encodePlaintext, sealRecord, TYPES, type TypeName, verdictRecord } from "../reference/record.ts";
import { type FirstNonces, have, nameOf, Puppet } from "./puppet.ts";

/** A server held by a test, for a client under test. */
export class PuppetServer extends Puppet {
  readonly ephemeralSecret = seededBytes("puppet server")(32);
  readonly #viaSecret: Uint8Array;
  #hello: Uint8Array | undefined;

  constructor(viaSecret: Uint8Array, firstNonces: FirstNonces) {
    super(firstNonces);
    this.#viaSecret = viaSecret;
  }

  /** The answer to the Hello that was read, from any key, with any code. */
  challenge(code: number, secretKey: Uint8Array = serverKey.secretKey): Uint8Array {
    const made = challenge(have(this.#hello), this.ephemeralSecret, secretKey, code);
    if (made === "zero") throw new Error("the Hello's key is none");
    this.challenged = made.state;
    return made.bytes;
  }

  /** A Challenge whose ephemeral key is a low-order point. */
  zeroChallenge(): Uint8Array {
    return concat(zeros(32), this.challenge(0).slice(32, CHALLENGE_SIZE));
  }

  verdict(type: TypeName, body: Uint8Array = zeros(0)): Uint8Array {
    return verdictRecord(this.verdictKey, type, body);
  }

  /** A Verdict whose plaintext is any bytes. */
  rawVerdict(plaintext: Uint8Array): Uint8Array {
    return sealRecord(this.verdictDirection, plaintext).wire;
  }

  /** An Alert as the Verdict whose code is 0, as no Alert may be. */
  malformedVerdict(): Uint8Array {
    return this.rawVerdict(encodePlaintext(TYPES.indexOf("Alert"), zeros(2)));
  }

  read(bytes: Uint8Array): string[] {
    if (this.#hello === undefined) {
      if (bytes.length !== HELLO_SIZE) return [`${bytes.length} bytes for a Hello`];
      this.#hello = bytes.slice();
      const route = openRoute(bytes, this.#viaSecret);
      return [`Hello for ${typeof route === "string" ? `${route} route` : nameOf(route.named)}`];
    }
    if (this.incoming !== undefined) return this.readRecords(bytes);
    if (bytes.length !== RESPONSE_SIZE) return [`${bytes.length} bytes for a Response`];
    const response = readResponse(have(this.challenged), this.ephemeralSecret, bytes);
    if (response === "bad") return ["a bad Response"];
    const keys = transportKeys(response.state);
    this.incoming = { key: keys.client, nonce: this.firstNonces.client };
    this.outgoing = { key: keys.server, nonce: this.firstNonces.server };
    const context = new TextDecoder().decode(response.context).replace(/\0+$/, "");
    return [`Response of ${nameOf(response.clientKey)} for "${context}"`];
  }
}
