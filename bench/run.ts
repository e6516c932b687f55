import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Contender } from "./contenders/contender.ts";
import type { Order, Report } from "./end.ts";
import type { Figures, Sizes, Work } from "./works/work.ts";

/** Milliseconds that a run may take. */
const patience = 180_000;

/** One run: a server and a client, each in a new process. @throws Error for whatever either of them finds */
export async function run(work: Work, contender: Contender, sizes: Sizes): Promise<Figures> {
  const { server: serverKeys, client: clientKeys } = await contender.credentials();
  const task = { do: "start", work: work.id, contender: contender.id, sizes } as const;
  const server = new End("server", contender.nodeFlags);
  const client = new End("client", contender.nodeFlags);
  const failed = Promise.race([server.failed, client.failed]);
  const measured = async (): Promise<Figures> => {
    const { address } = await server.tell({ ...task, own: serverKeys }, "ready");
    if (address === undefined) throw new Error("the server did not say where it is");
    await client.tell({ ...task, own: clientKeys, address }, "ready");
    await server.tell({ do: "begin" }, "begun");
    const clients = await client.tell({ do: "begin" }, "done");
    const servers = await server.tell({ do: "end" }, "done");
    const cpu = clients.cpu + servers.cpu;
    return work.figures({ client: clients.figures, server: servers.figures, cpu }, sizes);
  };
  try {
    return await Promise.race([measured(), failed]);
  } finally {
    // The client first, so that the server does not take its end for one that came too early.
    await client.stop();
    await server.stop();
  }
}

/** A process of `end.ts`, and what it says. */
export class End {
  /** Never resolves. */
  readonly failed: Promise<never>;
  readonly #process: ChildProcess;
  readonly #gone: Promise<void>;
  #awaited: ((report: Report) => void) | undefined;
  #isStopping = false;

  constructor(role: string, nodeFlags: readonly string[] = []) {
    const child = fork(fileURLToPath(new URL("./end.js", import.meta.url)), [], {
      execArgv: ["--expose-gc", ...nodeFlags],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process = child;
    this.#gone = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    this.failed = new Promise((_, reject) => {
      const fail = (reason: string) => {
        if (!this.#isStopping) reject(new Error(`${role}: ${reason}`));
      };
      const timer = setTimeout(() => fail(`not done after ${patience / 1000} s`), patience);
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? `code ${code}`}`);
      });
      child.once("error", (error) => fail(error.message));
      child.on("message", (report: Report) => {
        if (report.said === "failed") fail(report.reason);
        else this.#awaited?.(report);
      });
    });
    // What fails while nobody waits for it was stopped on purpose.
    this.failed.catch(() => undefined);
  }

  /** Gives an order and waits for the answer to it. */
  tell<S extends Report["said"]>(order: Order, answer: S): Promise<Extract<Report, { said: S }>> {
    return new Promise((resolve, reject) => {
      this.#awaited = (report) => {
        if (report.said === answer) resolve(report as Extract<Report, { said: S }>);
        else reject(new Error(`${answer} was expected, not ${report.said}`));
      };
      this.#process.send(order);
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#process.kill("SIGKILL");
    await this.#gone;
  }
}
