import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** What a process can be told to do: one argument, one answer, both of structured data. */
export type Orders = Readonly<Record<string, (order: never) => unknown>>;

interface Order {
  readonly id: number;
  readonly name: string;
  readonly order: unknown;
}

type Answer = { readonly id: number } & ({ readonly done: unknown } | { readonly failed: string });

/** In milliseconds. Nothing here takes as long: it is there to end what hangs. */
const deadline = 45_000;

/** A process of its own on the stage, as the one that directs it sees it. */
export class Actor<O extends Orders> {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #asked = new Map<number, { resolve: (done: unknown) => void; reject: (error: Error) => void }>();
  #last = 0;
  #gone: Error | undefined;

  /** @param name what it is called, and its module beside this one, which is compiled where this one is */
  constructor(name: string) {
    this.name = name;
    const extension = extname(import.meta.url);
    this.#process = fork(fileURLToPath(new URL(name + extension, import.meta.url)), {
      execArgv: extension === ".ts" ? ["--import", import.meta.resolve("tsx")] : [],
      serialization: "advanced",
      // A group of its own, with all that it starts: Ctrl-C reaches who directs, who ends the others.
      detached: process.platform !== "win32",
    });
    this.#process.on("message", (answer: Answer) => this.#settle(answer));
    this.#process.on("error", (error) => this.#leave(error.message));
    this.#process.on("exit", (code, signal) => this.#leave(`it ended (${signal ?? `exit code ${code}`})`));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Rejects when the process can't, does not within the deadline, or is gone. */
  ask<K extends keyof O & string>(name: K, order: Parameters<O[K]>[0]): Promise<Awaited<ReturnType<O[K]>>> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`the ${this.name} did not ${name} within ${deadline / 1000} s`));
      const timer = setTimeout(late, deadline);
      const settle = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          this.#asked.delete(id);
          then(value);
        };
      };
      this.#asked.set(id, { resolve: settle(resolve as (done: unknown) => void), reject: settle(reject) });
      this.#process.send({ id, name, order } satisfies Order);
    });
  }

  /** Ends the process, now, and those that it has started. */
  dismiss(): void {
    const { pid, exitCode, signalCode } = this.#process;
    // What it has started ends by itself where it is gone.
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    if (process.platform === "win32") this.#process.kill("SIGKILL");
    else killGroup(pid);
  }

  #settle(answer: Answer): void {
    const asked = this.#asked.get(answer.id);
    if ("done" in answer) asked?.resolve(answer.done);
    else asked?.reject(new Error(`the ${this.name} failed: ${answer.failed}`));
  }

  #leave(why: string): void {
    this.#gone ??= new Error(`the ${this.name} is gone: ${why}`);
    for (const { reject } of [...this.#asked.values()]) reject(this.#gone);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The actor's side: does as it is told until the process that directs it is gone. */
export function takeOrders(orders: Orders): void {
  const send = (answer: Answer) => process.send?.(answer);
  process.on("message", async ({ id, name, order }: Order) => {
    try {
      send({ id, done: await orders[name]?.(order as never) });
    } catch (error) {
      send({ id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}
