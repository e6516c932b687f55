/** The ends of the implementation under test, as the traces speak of them. */
import type { Primitives } from "../../src/crypto/primitives.ts";
import { ServerHandshake } from "../../src/protocol/handshake/server.ts";
import { ClientChannel, type Output, ServerChannel } from "../../src/protocol/index.ts";
import { ascii } from "../reference/primitives.ts";
import { type Cast, context, type End, ephemeralOf } from "./ends.ts";
import { codeName, keyPair } from "./keys.ts";
import type { Message } from "./trace.ts";

const phases: Readonly<Record<string, string>> = {
  Start: "start",
  AwaitChallenge: "awaitChallenge",
  AwaitVerdict: "awaitVerdict",
  AwaitHello: "awaitHello",
  AwaitResponse: "awaitResponse",
  Deciding: "deciding",
  Hiding: "hiding",
  Open: "open",
};

/** What a message that was sent is, by its length: each has one of its own. */
const lengths: Readonly<Record<number, Message>> = {
  88: "Hello",
  98: "Challenge",
  96: "Response",
  274: "Verdict",
};

abstract class Real<C extends ClientChannel | ServerChannel> {
  readonly name: string;
  readonly owner: string;
  readonly wire = new Map<Message, Uint8Array>();
  protected readonly channel: C;
  #sent: Uint8Array = new Uint8Array(0);
  #reason: string | undefined;

  constructor({ name, owner }: Cast, channel: C) {
    this.name = name;
    this.owner = owner;
    this.channel = channel;
  }

  get phase(): string {
    return this.#reason ?? phases[this.channel.state] ?? this.channel.state;
  }

  get peerKey(): Uint8Array | undefined {
    return this.channel.remotePublicKey;
  }

  receive(message: Message, bytes: Uint8Array): void {
    this.wire.set(message, bytes);
    this.take(this.channel.receive(bytes));
  }

  write(text: string): Uint8Array {
    this.take(this.channel.write(ascii(text)));
    return this.#sent;
  }

  protected take(outputs: Output[]): void {
    for (const output of outputs) {
      if (output.type === "transmit") {
        this.#sent = output.bytes;
        const message = lengths[output.bytes.length];
        if (message !== undefined) this.wire.set(message, output.bytes);
      } else if (output.type === "dh") {
        const dh = output.keyHolder.dh(output.publicKey);
        if (dh instanceof Promise) throw new Error("tests' keys answer at once");
        this.take(this.channel.dhDone(output.keyHolder, dh));
      } else if (output.type === "failed") {
        const { reason } = output.failure;
        if (reason.code === "refused") this.#reason = `turned(${codeName(reason.alert)})`;
        else if (reason.code === "alert_received") this.#reason = `refused(${codeName(reason.alert)})`;
        else this.#reason = `failed(${reason.code})`;
      }
    }
  }
}

function common(primitives: Primitives, { name, owner }: Cast) {
  const { secret, public: publicKey } = keyPair(owner);
  const dh = (peer: Uint8Array) => primitives.x25519(secret, peer);
  const randomBytes = () => ephemeralOf(name).secret.slice();
  return { primitives, randomBytes, now: () => 0, keyHolder: { publicKey, dh } };
}

export class RealClient extends Real<ClientChannel> implements End {
  readonly wants: string;

  constructor(primitives: Primitives, cast: Cast & { readonly wants: string }) {
    const serverKey = keyPair(cast.wants).public;
    super(cast, new ClientChannel({ ...common(primitives, cast), serverKey, context }));
    this.wants = cast.wants;
  }

  start(): void {
    this.take(this.channel.start());
  }

  accept(): void {
    throw new Error("a client accepts nobody");
  }

  routeOpened(): boolean {
    throw new Error("a client opens no route");
  }
}

export class RealServer extends Real<ServerChannel> implements End {
  readonly stealth: boolean;
  readonly #primitives: Primitives;

  constructor(primitives: Primitives, cast: Cast) {
    const { keyHolder, ...rest } = common(primitives, cast);
    const options = { ...rest, keyHolders: [keyHolder], contexts: [context], stealth: cast.stealth ?? false };
    super(cast, new ServerChannel(options));
    this.stealth = options.stealth;
    this.#primitives = primitives;
  }

  start(): void {}

  accept(): void {
    this.take(this.channel.accept());
  }

  /** A server that doesn't hide answers a Hello either way, so its handshake is asked once more. */
  routeOpened(): boolean {
    const { keyHolder, ...options } = common(this.#primitives, this);
    const own = { keyHolder, publicKey: keyHolder.publicKey };
    const hello = this.wire.get("Hello") ?? new Uint8Array(88);
    const handshake = new ServerHandshake({ ...options, ownKeys: [own] }, hello);
    const progress = handshake.openRoute(own, keyHolder.dh(handshake.peerEphemeral));
    return "route" in progress && progress.route !== "unopened";
  }
}
