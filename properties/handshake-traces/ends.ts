/** Honest ends as the traces speak of them, and those of a wrong version of the handshake. */
import { encodeContext, transportKeys } from "../reference/messages.ts";
import type { Symmetric } from "../reference/noise.ts";
import { ascii, dh, equal } from "../reference/primitives.ts";
import { encodePlaintext, fresh, sealRecord, typeNumber } from "../reference/record.ts";
import * as wire from "./ablated.ts";
import { codeName, type KeyPair, keyPair } from "./keys.ts";
import type { Message } from "./trace.ts";

/** Who an end is: its name in the trace, its long-term key's owner, whom it wants, whether it hides. */
export interface Cast {
  readonly name: string;
  readonly owner: string;
  readonly wants?: string;
  readonly stealth?: boolean;
}

export interface End extends Cast {
  /** The messages that passed, as this end sent or received them. */
  readonly wire: ReadonlyMap<Message, Uint8Array>;
  /** Where it is, in the model's words; `failed(CODE)` where it gave up. */
  readonly phase: string;
  /** The key that it takes for its peer's. */
  readonly peerKey: Uint8Array | undefined;
  start(): void;
  receive(message: Message, bytes: Uint8Array): void;
  accept(): void;
  /** A transport record with a text, once there are transport keys. */
  write(text: string): Uint8Array;
  /** Whether the route of the Hello received opened. */
  routeOpened(): boolean;
}

export const context = "cx1";
export const ephemeralOf = (name: string): KeyPair => keyPair(`ephemeral of ${name}`);

abstract class Ablated {
  readonly name: string;
  readonly owner: string;
  readonly wire = new Map<Message, Uint8Array>();
  phase: string;
  peerKey: Uint8Array | undefined;
  protected readonly on: wire.Switches;
  protected readonly own: KeyPair;
  protected readonly e: KeyPair;
  protected challenged: Symmetric | undefined;
  protected answered: Symmetric | undefined;

  constructor(on: wire.Switches, { name, owner }: Cast, phase: string) {
    this.on = on;
    this.name = name;
    this.owner = owner;
    this.own = keyPair(owner);
    this.e = ephemeralOf(name);
    this.phase = phase;
  }

  protected record(role: "client" | "server", text: string): Uint8Array {
    if (this.answered === undefined) throw new Error(`${this.name} has no transport keys`);
    const plaintext = encodePlaintext(typeNumber("Data"), ascii(text));
    return sealRecord(fresh(transportKeys(this.answered)[role]), plaintext).wire;
  }

  protected had(message: Message): Uint8Array {
    const bytes = this.wire.get(message);
    if (bytes === undefined) throw new Error(`${this.name} has had no ${message}`);
    return bytes;
  }

  routeOpened(): boolean {
    const opened = wire.openRoute(this.on, this.had("Hello"), this.own.public, (e) => dh(this.own.secret, e));
    return opened !== null;
  }
}

export class AblatedClient extends Ablated implements End {
  readonly wants: string;
  readonly #expected: Uint8Array;

  constructor(on: wire.Switches, cast: Cast & { readonly wants: string }) {
    super(on, cast, "start");
    this.wants = cast.wants;
    this.#expected = keyPair(cast.wants).public;
  }

  start(): void {
    const under = this.on.ownRouteKey ? keyPair(`route ephemeral of ${this.name}`) : this.e;
    const shared = dh(under.secret, this.#expected);
    if (shared === null) throw new Error("a DH of honest keys is not zero");
    const [via, serverKey] = [this.#expected, this.#expected];
    const route = wire.makeRoute(this.on, wire.headers.h1, { via, e: under.public, dh: shared, serverKey });
    this.wire.set("Hello", Uint8Array.of(...wire.headers.h1, ...this.e.public, ...route));
    this.phase = "awaitChallenge";
  }

  receive(message: Message, bytes: Uint8Array): void {
    this.wire.set(message, bytes);
    if (this.phase === "awaitChallenge") this.#onChallenge(bytes);
    else if (this.phase === "awaitVerdict") this.#onVerdict(bytes);
  }

  #onChallenge(bytes: Uint8Array): void {
    const own = (key: Uint8Array) => dh(this.e.secret, key);
    const read = wire.readChallenge(this.on, this.had("Hello"), bytes, { ee: own, es: own });
    if (read === null || read.state === null || read.code === null) {
      this.phase = "failed(bad_challenge)";
      return;
    }
    const isExpected = equal(read.s, this.#expected);
    if (read.code !== 0 && (isExpected || !this.on.codeByKey)) {
      this.phase = `turned(${codeName(read.code)})`;
    } else if (read.code !== 0 || (!isExpected && this.on.keyCompared)) {
      this.phase = "failed(server_key_mismatch)";
    } else {
      this.peerKey = read.s;
      this.challenged = read.state;
      const parts = { s: this.own.public, context: encodeContext(context), se: dh(this.own.secret, read.e) };
      const response = wire.writeResponse(this.on, read.state, parts);
      this.answered = response.state;
      this.wire.set("Response", response.bytes);
      this.phase = "awaitVerdict";
    }
  }

  #onVerdict(bytes: Uint8Array): void {
    const word = wire.readVerdict(this.on, this.challenged as Symmetric, bytes);
    if (word === null) this.phase = "failed(bad_record)";
    else this.phase = word === "accept" ? "open" : `refused(${codeName(word)})`;
  }

  accept(): void {
    throw new Error("a client accepts nobody");
  }

  write(text: string): Uint8Array {
    return this.record("client", text);
  }
}

export class AblatedServer extends Ablated implements End {
  readonly stealth: boolean;

  constructor(on: wire.Switches, cast: Cast) {
    super(on, cast, "awaitHello");
    this.stealth = cast.stealth ?? false;
  }

  start(): void {}

  receive(message: Message, bytes: Uint8Array): void {
    this.wire.set(message, bytes);
    if (this.phase === "awaitHello") this.#onHello(bytes);
    else if (this.phase === "awaitResponse") this.#onResponse(bytes);
  }

  #onHello(hello: Uint8Array): void {
    if (this.stealth && !this.routeOpened()) {
      this.phase = "hiding";
      return;
    }
    const { e } = wire.splitHello(hello);
    const parts = { e: this.e.public, s: this.own.public, code: 0 };
    const shared = { ee: dh(this.e.secret, e), es: dh(this.own.secret, e) };
    const challenge = wire.writeChallenge(this.on, hello, { ...parts, ...shared });
    this.challenged = challenge.state;
    this.wire.set("Challenge", challenge.bytes);
    this.phase = "awaitResponse";
  }

  #onResponse(bytes: Uint8Array): void {
    const state = this.challenged as Symmetric;
    const read = wire.readResponse(this.on, state, bytes, (key) => dh(this.e.secret, key));
    if (read === null || read.state === null) {
      this.#say(codeName(2), 2);
      return;
    }
    this.peerKey = read.s;
    this.answered = read.state;
    this.phase = "deciding";
  }

  accept(): void {
    if (this.phase !== "deciding") throw new Error(`${this.name} has nobody to accept`);
    this.#say("accept", "accept");
  }

  #say(name: string, word: wire.Word): void {
    this.wire.set("Verdict", wire.writeVerdict(this.on, this.challenged as Symmetric, word));
    this.phase = word === "accept" ? "open" : `draining(${name})`;
  }

  write(text: string): Uint8Array {
    return this.record("server", text);
  }
}
