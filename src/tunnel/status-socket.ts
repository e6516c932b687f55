import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { resolve } from "node:path";
import { requireSocketPath } from "../net/dial.ts";
import { takeOver } from "../net/unix-path.ts";

/** How long an asker may take, and wait, in milliseconds: longer than `hawser status` does. */
const patience = 10_000;

/**
 * A unix socket, its owner's alone, that says what is asked of it and ends: one line of JSON. It listens to nothing, so
 * there is nothing to say to it.
 */
export class StatusSocket {
  readonly path: string;
  readonly #server: Server;
  /** Who has asked before there is anything to say. */
  readonly #waiting = new Set<Socket>();
  #page: (() => unknown) | undefined;

  /** @throws UsageError for a path that no unix socket can have */
  constructor(path: string) {
    this.path = resolve(path);
    requireSocketPath(this.path);
    this.#server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("close", () => this.#waiting.delete(socket));
      socket.setTimeout(patience, () => socket.destroy());
      socket.resume();
      this.#waiting.add(socket);
      this.#say();
    });
    this.#server.maxConnections = 32;
  }

  /** Rejects with the system's error. */
  async listen(): Promise<void> {
    const bind = async () => {
      const listening = once(this.#server, "listening");
      // Bound within this call, so that the mask is nobody else's, and the socket is never anybody else's to open.
      const mask = process.umask(0o177);
      try {
        this.#server.listen(this.path);
      } finally {
        process.umask(mask);
      }
      await listening;
    };
    await bind().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" || !(await takeOver(this.path, bind))) throw error;
    });
    this.#server.on("error", () => undefined);
  }

  /** @param page what it says from now on, of the moment in which it is asked */
  answer(page: () => unknown): void {
    this.#page = page;
    this.#say();
  }

  close(): Promise<void> {
    for (const socket of this.#waiting) socket.destroy();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #say(): void {
    if (this.#page === undefined) return;
    for (const socket of this.#waiting) {
      this.#waiting.delete(socket);
      socket.end(`${JSON.stringify(this.#page())}\n`);
    }
  }
}
