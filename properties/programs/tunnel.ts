/** Both ends of a tunnel as processes, at ports that stay the same when an end is started again. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OwnKey, ownKey } from "../cli/in-process.ts";
import { type Built, buildCommand } from "../cli/spawned.ts";
import { Children, freePort, type Program, until } from "./children.ts";

/** What a connection fails with when the other end of the channel is no more: no Close came. */
export const brokenChannel = "ERR_HAWSER_TRUNCATED";

/** A line of the log. */
export interface Entry {
  readonly event: string;
  readonly level: string;
  readonly code?: string;
  readonly message?: string;
  readonly connection?: number;
  readonly url?: string;
}

/** `hawser serve` or `hawser forward`, and its log. */
export class End {
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  get log(): Entry[] {
    const lines = this.program.err.split("\n").slice(0, -1);
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Entry);
  }

  entries(event: string): Entry[] {
    return this.log.filter((entry) => entry.event === event);
  }

  /** Waits for a line, of those after the first `after`. */
  async said(event: string, after = 0): Promise<Entry> {
    await until(
      `${event} in the log of ${this.program.child.spawnargs.join(" ")}: ${this.program.err}`,
      () => {
        if (this.#isOver) throw new Error(`it is over: ${this.program.err}`);
        return this.entries(event).length > after;
      },
    );
    return this.entries(event)[after] as Entry;
  }

  /** Reads keys anew. */
  async reload(): Promise<void> {
    const before = this.entries("reloaded").length;
    this.program.child.kill("SIGHUP");
    await this.said("reloaded", before);
  }

  /** Connections that have come and not come to their end, by the log. */
  get open(): number {
    const count = (event: string) => this.entries(event).filter(({ connection }) => connection).length;
    return count("connected") - count("closed") - count("failed");
  }

  /** The codes of the connections that broke off. */
  get failures(): string[] {
    return this.entries("failed").map(({ code }) => code ?? "");
  }

  get #isOver(): boolean {
    return this.program.child.exitCode !== null || this.program.child.signalCode !== null;
  }
}

export class Tunnel {
  /** Where programs connect to. */
  readonly port: number;
  serve: End;
  forward: End;
  readonly #main: string;
  readonly #children: Children;
  readonly #words: { readonly serve: readonly string[]; readonly forward: readonly string[] };

  constructor(
    main: string,
    children: Children,
    words: { readonly serve: readonly string[]; readonly forward: readonly string[] },
    port: number,
  ) {
    this.port = port;
    this.#main = main;
    this.#children = children;
    this.#words = words;
    this.serve = this.#start(words.serve);
    this.forward = this.#start(words.forward);
  }

  async ready(): Promise<this> {
    await this.serve.said("listening");
    await this.forward.said("listening");
    return this;
  }

  /** Starts an end anew that was killed. */
  async restart(end: "serve" | "forward"): Promise<void> {
    this[end] = this.#start(this.#words[end]);
    await this[end].said("listening");
  }

  /** SIGHUP to both ends, and their answers. */
  async reload(): Promise<void> {
    await Promise.all([this.serve.reload(), this.forward.reload()]);
  }

  /** All connections have come to an end, and both logs say so. */
  async drained(): Promise<void> {
    await until(`no more connections, of ${this.forward.open} and ${this.serve.open}`, () => {
      return this.forward.open === 0 && this.serve.open === 0;
    });
  }

  #start(words: readonly string[]): End {
    return new End(this.#children.start(process.execPath, [this.#main, ...words]));
  }
}

/** A folder, keys and programs for a test. */
export class Scene {
  readonly folder: string;
  readonly children = new Children();
  readonly #main: string;
  readonly #server: OwnKey;
  readonly #client: OwnKey;

  constructor(folder: string, main: string, keys: readonly [OwnKey, OwnKey]) {
    this.folder = folder;
    this.#main = main;
    [this.#server, this.#client] = keys;
  }

  /** A tunnel in front of a service, which may come later. */
  async tunnel(
    to: string,
    { serve = [], forward = [] }: { serve?: readonly string[]; forward?: readonly string[] } = {},
  ): Promise<Tunnel> {
    const authorized = join(this.folder, "authorized_keys");
    writeFileSync(authorized, `${this.#client.publicKey} programs\n`);
    chmodSync(authorized, 0o600);
    const [between, port] = [await freePort(), await freePort()];
    const served = ["--key", this.#server.file, "--authorized-keys", authorized, "--to", to];
    const url = `hawser://${this.#server.publicKey}@127.0.0.1:${between}`;
    const words = {
      serve: ["serve", "--json", ...served, ...serve, `127.0.0.1:${between}`],
      forward: [
        ...["forward", "--json", "--key", this.#client.file, "--listen", `127.0.0.1:${port}`],
        ...[...forward, url],
      ],
    };
    return new Tunnel(this.#main, this.children, words, port).ready();
  }
}

/** Opens a scene; what is returned ends all that it has started. */
export async function openScene(command?: Built): Promise<[Scene, () => Promise<void>]> {
  const built = command ?? (await buildCommand());
  const folder = mkdtempSync(join(tmpdir(), "hawser-programs-"));
  chmodSync(folder, 0o755); // Services that run as others have their folders in it.
  const keys = [await ownKey(folder, "server.key"), await ownKey(folder, "client.key")] as const;
  const scene = new Scene(folder, built.main, keys);
  const close = async () => {
    await scene.children.close();
    rmSync(folder, { recursive: true });
    if (command === undefined) built.remove();
  };
  return [scene, close];
}
