/** An end of a tunnel as a process of its own, run as a service is: with files, signals and a service manager. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { connect, type HawserSocket, readKeyFile } from "../../src/net/index.ts";
import { inFolder, type OwnKey, ownKey } from "../cli/in-process.ts";
import { type Built, Spawned } from "../cli/spawned.ts";

/** With HAWSER_WORKERS in the environment the same is asked of a server in as many workers. */
const workers =
  process.env["HAWSER_WORKERS"] === undefined ? [] : ["--workers", process.env["HAWSER_WORKERS"]];

/** All that a scene has opened, closed in the end, the newest first. */
type Afterwards = (close: () => unknown) => void;

export class ServiceScene {
  readonly folder: string;
  readonly server: OwnKey;
  readonly client: OwnKey;
  readonly authorizedKeys: string;
  /** Of the service behind the tunnel, which gives back what it gets. */
  readonly backend: number;
  readonly #main: string;
  readonly #afterwards: Afterwards;
  /** What all processes have said. */
  readonly #all: Spawned[] = [];

  constructor(
    main: string,
    folder: string,
    keys: readonly [OwnKey, OwnKey],
    backend: number,
    afterwards: Afterwards,
  ) {
    this.#main = main;
    this.folder = folder;
    [this.server, this.client] = keys;
    this.backend = backend;
    this.#afterwards = afterwards;
    this.authorizedKeys = join(folder, "authorized_keys");
    this.authorize(`${this.client.publicKey} alice`);
  }

  /** Writes the authorized-keys file. */
  authorize(...lines: string[]): void {
    writeFileSync(this.authorizedKeys, lines.map((line) => `${line}\n`).join(""));
    chmodSync(this.authorizedKeys, 0o600);
  }

  /** The words of `hawser serve`, the address to listen at aside. */
  words(...more: string[]): string[] {
    const { server, authorizedKeys, backend } = this;
    const keys = more.includes("--key") ? [] : ["--key", server.file];
    const to = ["--to", `127.0.0.1:${backend}`];
    return ["serve", ...keys, "--authorized-keys", authorizedKeys, ...to, ...workers, ...more];
  }

  /** `hawser serve` on a free port. */
  serve(...more: string[]): Spawned {
    return this.run([...this.words(...more), "127.0.0.1:0"]);
  }

  /** The command with any words. */
  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Spawned {
    return this.program(process.execPath, [this.#main, ...words], env);
  }

  /** How a program that starts the command names it. */
  get command(): readonly string[] {
    return [process.execPath, this.#main];
  }

  program(file: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Spawned {
    const spawned = new Spawned(
      spawn(file, words, { stdio: "pipe", env: { ...process.env, ...env } }),
    ).collect();
    this.#all.push(spawned);
    this.#afterwards(async () => {
      spawned.child.kill("SIGKILL");
      await spawned.exit;
    });
    return spawned;
  }

  /** A client of the library's, with a key from a file. */
  async join(url: string, key: OwnKey = this.client): Promise<HawserSocket> {
    const keyPair = await readKeyFile(key.file);
    const socket = await connect(url, { keyPair });
    socket.on("error", () => undefined);
    this.#afterwards(() => socket.destroy());
    return socket;
  }

  /** What the command prints, once it is over. */
  async asked(...words: string[]): Promise<{ out: string; err: string; code: number | null }> {
    const asking = this.run(words);
    const { code } = await asking.exit;
    await new Promise((resolve) => setImmediate(resolve));
    return { out: asking.out, err: asking.err, code };
  }

  /** All that was printed by all processes. */
  get allOutput(): string {
    return this.#all.map(({ out, err }) => out + err).join("\n");
  }

  /** Whether any output has a secret key of a file in the folder. */
  shows(...keys: readonly OwnKey[]): boolean {
    const secrets = keys.map(
      ({ file }) => /HAWSER-SECRET-KEY-1(\w+)/.exec(readFileSync(file, "utf8"))?.[1] ?? "",
    );
    return secrets.some((secret) => this.allOutput.toUpperCase().includes(secret.slice(0, 12)));
  }
}

/** A scene with a service that gives back what it gets; all that it starts is over after the action. */
export function serviceScene(
  built: () => Built,
  action: (scene: ServiceScene) => Promise<void>,
): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      const opened: (() => unknown)[] = [];
      const sockets = new Set<Socket>();
      const backend = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket.on("error", () => undefined));
        socket.pipe(socket);
      });
      await once(backend.listen(0, "127.0.0.1"), "listening");
      opened.push(() => {
        backend.close();
        for (const socket of sockets) socket.destroy();
      });
      try {
        const keys = [await ownKey(folder, "server.key"), await ownKey(folder, "client.key")] as const;
        const { port } = backend.address() as AddressInfo;
        await action(new ServiceScene(built().main, folder, keys, port, (close) => opened.push(close)));
      } finally {
        for (const close of opened.reverse()) await close();
      }
    });
}

/** A stream of bytes that goes through a tunnel and comes back, until it is told to stop. */
export class Load {
  readonly #socket: HawserSocket;
  #sent = 0;
  #got = 0;
  #isStopped = false;
  /** Resolves once all that was sent has come back and the end with it; rejects where it differs or breaks off. */
  readonly done: Promise<number>;

  constructor(socket: HawserSocket, seed: number) {
    this.#socket = socket;
    const byteAt = (index: number) => (index * 31 + seed + (index >> 8)) & 0xff;
    this.done = new Promise((resolve, reject) => {
      socket.on("data", (chunk: Buffer) => {
        for (const byte of chunk) {
          if (byte !== byteAt(this.#got)) reject(new Error(`byte ${this.#got} came back as another`));
          this.#got++;
        }
      });
      socket.on("end", () => {
        if (this.#got === this.#sent && this.#isStopped) resolve(this.#got);
        else reject(new Error(`${this.#got} of ${this.#sent} bytes came back`));
      });
      socket.on("error", reject);
    });
    this.done.catch(() => undefined);
    const write = () => {
      if (socket.destroyed) return;
      if (this.#isStopped) {
        socket.end();
        return;
      }
      const piece = Uint8Array.from({ length: 4_096 }, (_, index) => byteAt(this.#sent + index));
      this.#sent += piece.length;
      if (socket.write(piece)) setTimeout(write, 1);
      else socket.once("drain", write);
    };
    write();
  }

  get got(): number {
    return this.#got;
  }

  /** More has come back than had when this was called. */
  async goesOn(): Promise<void> {
    const before = this.#got;
    while (this.#got <= before) {
      if (this.#socket.destroyed) throw new Error("it broke off");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  stop(): Promise<number> {
    this.#isStopped = true;
    return this.done;
  }
}
