import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat } from "../../protocol/bytes.ts";
import type { Role, Setup } from "../case.ts";
import { ClientEnd } from "../peer/client-end.ts";
import type { End } from "../peer/end.ts";
import { type Pair, testPair } from "../peer/keys.ts";
import { ServerEnd } from "../peer/server-end.ts";
import { pause, type Wire } from "../peer/wire.ts";
import { hexOf } from "../shim/hex.ts";
import type { Lines } from "./lines.ts";

/** The route that a client on first use sends, as its randomness is fixed. */
const randomRoute = new Uint8Array(48).fill(0x5a);

/** One connection of a shim's, with the runner's end of it. */
export class Link {
  readonly primitives: Primitives;
  readonly wire: Wire;
  readonly lines: Lines;
  readonly patience: number;
  readonly role: Role;
  readonly setup: Setup;
  /** Plays the same flags once more, in a new connection: this one is over then. */
  readonly again: () => Promise<Link>;
  #end: End | undefined;

  constructor(
    context: {
      readonly primitives: Primitives;
      readonly wire: Wire;
      readonly lines: Lines;
      readonly patience: number;
      readonly again: () => Promise<Link>;
    },
    role: Role,
    setup: Setup,
  ) {
    this.primitives = context.primitives;
    this.wire = context.wire;
    this.lines = context.lines;
    this.patience = context.patience;
    this.again = context.again;
    this.role = role;
    this.setup = setup;
  }

  /** The runner's end, whichever it is. */
  get end(): End {
    return this.role === "server" ? this.client : this.server;
  }

  /** The runner as a client, where the shim plays a server. */
  get client(): ClientEnd {
    this.#end ??= this.makeClient();
    return this.#end as ClientEnd;
  }

  /** The runner as a server, where the shim plays a client. */
  get server(): ServerEnd {
    this.#end ??= this.makeServer();
    return this.#end as ServerEnd;
  }

  makeClient(): ClientEnd {
    const [newest = "server"] = this.setup.keys ?? [];
    return new ClientEnd(this.#context(), {
      pair: this.pair("client"),
      ephemeral: this.pair("client ephemeral"),
      serverKey: this.pair(newest).public,
      ...(this.setup.fresh === true ? {} : { theirEphemeral: this.pair("shim ephemeral").public }),
    });
  }

  makeServer(): ServerEnd {
    const { setup } = this;
    const isFixed = setup.fresh !== true;
    return new ServerEnd(this.#context(), {
      pair: this.pair("server"),
      ephemeral: this.pair("server ephemeral"),
      clientKey: this.pair("client").public,
      theirEphemeral: isFixed ? this.pair("shim ephemeral").public : undefined,
      randomRoute: setup.firstUse === true && isFixed ? randomRoute : undefined,
      ...(setup.via === true ? { via: this.pair("middlebox") } : {}),
      context: contextBytes(setup.context ?? ""),
    });
  }

  pair(name: string): Pair {
    return testPair(this.primitives, name);
  }

  send(bytes: Uint8Array, what: string): void {
    this.wire.send(bytes, what);
  }

  /** Waits until the shim has printed this. */
  async printed(event: string): Promise<void> {
    await this.lines.printed(event, this.patience);
  }

  pause(ms: number): Promise<void> {
    return pause(ms);
  }

  /**
   * Waits for what a shim should not do, or may have done with: for a twentieth of the patience, as a machine that is slow or
   * busy is so in both. It is 500 ms at most: cases in which something may come later have it come after 900.
   */
  silence(): Promise<void> {
    return pause(Math.min(Math.max(this.patience / 20, 120), 500));
  }

  #context() {
    const { primitives, wire, patience, setup } = this;
    return { primitives, wire, patience, counter: setup.counter ?? 0n };
  }
}

/** A context as it goes over the wire (HS-022). */
export function contextBytes(name: string): Uint8Array {
  return concat(ascii(name), new Uint8Array(32 - name.length));
}

/** The flags of a case, those that every case has first. */
export function flagsOf(role: Role, setup: Setup, port: number, primitives: Primitives): string[] {
  const pair = (name: string) => testPair(primitives, name);
  const secrets = role === "client" ? ["client"] : (setup.keys ?? ["server"]);
  const flags = [
    `--role=${role}`,
    `--port=${port}`,
    ...secrets.map((name) => `--secret=${hexOf(pair(name).secret)}`),
    "--handshake-timeout=10000",
    "--drain-timeout=5000",
  ];
  const random = [pair("shim ephemeral").secret, ...(setup.firstUse === true ? [randomRoute] : [])];
  if (setup.fresh !== true) flags.push(`--random=${hexOf(concat(...random))}`);
  if (role === "client" && setup.firstUse !== true)
    flags.push(`--server-key=${hexOf(pair("server").public)}`);
  if (role === "client" && setup.via === true) flags.push(`--via=${hexOf(pair("middlebox").public)}`);
  if (role === "client" && setup.context !== undefined)
    flags.push(`--context=${hexOf(ascii(setup.context))}`);
  if (setup.counter !== undefined) flags.push(`--counter=${setup.counter}`);
  const own = setup.flags ?? [];
  const names = new Set(own.map(nameOf));
  return [...flags.filter((flag) => !names.has(nameOf(flag))), ...own];
}

const nameOf = (flag: string): string => flag.split("=")[0] ?? flag;
