import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Primitives } from "../../crypto/primitives.ts";
import type { Case } from "../case.ts";
import { Deviation, type Fault } from "../deviation.ts";
import { Wire } from "../peer/wire.ts";
import { Watched } from "../watched.ts";
import { judge } from "./judge.ts";
import { Lines } from "./lines.ts";
import { flagsOf, Link } from "./link.ts";
import { ShimProcess } from "./shim-process.ts";

/** How a case went. */
export interface Result {
  readonly case: Case;
  readonly outcome: "passed" | "failed" | "unsupported" | "skipped";
  /** The two grades, where the case was played. */
  readonly behaviour: boolean | undefined;
  readonly close: boolean | undefined;
  readonly faults: readonly Fault[];
  /** What the runner sent and did, and what the shim printed. */
  readonly transcript: readonly string[];
  /** Milliseconds. */
  readonly took: number;
  /** Why it was skipped. */
  readonly reason?: string;
}

/** The shim does not support what the case asks for. */
class NotSupported extends Error {}

/** Plays cases, one at a time, with a shim process of its own and a port at which that calls. */
export class Lane {
  readonly #command: string;
  readonly #primitives: Primitives;
  readonly #patience: number;
  readonly #deadline: number;
  readonly #server: Server;
  readonly #calls = new Watched();
  readonly #waiting: Socket[] = [];
  #shim: ShimProcess | undefined;
  #lines = new Lines();

  /**
   * @param patience milliseconds that anything which a shim owes may take
   * @param deadline milliseconds that a case may take
   */
  constructor(command: string, primitives: Primitives, patience: number, deadline: number) {
    this.#command = command;
    this.#primitives = primitives;
    this.#patience = patience;
    this.#deadline = deadline;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      this.#waiting.push(socket);
      this.#calls.changed();
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    await this.#shim?.end(1_000);
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
  }

  async play(one: Case): Promise<Result> {
    const started = performance.now();
    const transcript: string[] = [];
    const wires: Wire[] = [];
    let faults: Fault[];
    let isSupported = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Deviation(`an end within ${this.#deadline} ms (CF-013)`, this.#lines.shown())),
        this.#deadline,
      );
    });
    try {
      faults = await Promise.race([this.#playOut(one, transcript, wires), late]);
    } catch (error) {
      if (error instanceof NotSupported) isSupported = false;
      else if (!(error instanceof Deviation)) throw error;
      faults = error instanceof Deviation ? [error.fault] : [];
    } finally {
      clearTimeout(timer);
      for (const wire of wires) wire.destroy();
    }
    transcript.push(`the shim printed ${this.#lines.shown()}`);
    if (this.#lines.fault !== undefined && this.#shim !== undefined && this.#shim.errors !== "")
      transcript.push(`the shim's standard error ends: ${this.#shim.errors}`);
    // A shim in an unknown state would spoil the next case.
    if (this.#lines.done === undefined || this.#lines.fault !== undefined) await this.#restart();
    if (!isSupported && one.setup.optional !== true) {
      isSupported = true;
      faults = [{ aspect: "behaviour", expected: "flags that every shim knows (CF-004)", got: "code 89" }];
    }
    const isDone = this.#lines.done !== undefined;
    return {
      case: one,
      outcome: !isSupported ? "unsupported" : faults.length === 0 ? "passed" : "failed",
      behaviour: isSupported ? !faults.some(({ aspect }) => aspect === "behaviour") : undefined,
      close: isSupported && isDone ? !faults.some(({ aspect }) => aspect === "close") : undefined,
      faults,
      transcript,
      took: performance.now() - started,
    };
  }

  async #playOut(one: Case, transcript: string[], wires: Wire[]): Promise<Fault[]> {
    let link: Link = await this.#call(one, transcript, wires, (next) => {
      link = next;
    });
    let deviation: Deviation | undefined;
    try {
      await one.play(link);
    } catch (error) {
      if (!(error instanceof Deviation)) throw error;
      deviation = error;
    }
    if (deviation !== undefined) {
      // What came instead is told by the end of it all.
      link.wire.readOn();
      await link.wire.untilEnded(100);
      link.wire.end();
      await link.lines.until(() => link.lines.done, 500);
      return [deviation.fault];
    }
    const faults = await judge(link, one.expected);
    if (this.#waiting.length > 0)
      faults.push({
        aspect: "behaviour",
        expected: "one TCP connection (CF-003)",
        got: "another one",
      });
    for (const extra of this.#waiting.splice(0)) extra.destroy();
    return faults;
  }

  /** Has the shim play a case, and takes its call. */
  async #call(one: Case, transcript: string[], wires: Wire[], moved: (link: Link) => void): Promise<Link> {
    for (const extra of this.#waiting.splice(0)) extra.destroy();
    const lines = new Lines();
    this.#lines = lines;
    const shim = this.#running();
    const { port } = this.#server.address() as AddressInfo;
    const flags = flagsOf(one.role, one.setup, port, this.#primitives);
    transcript.push(`flags: ${flags.join(" ")}`);
    shim.play(flags);
    // A process takes its time to start. What it prints may be here before its call is, also when all is over (CF-005).
    const isRefused = () => lines.done?.["code"] === 89 || lines.fault !== undefined;
    await this.#calls.until(
      () => (this.#waiting.length > 0 || isRefused() ? true : undefined),
      this.#deadline - 1_000,
    );
    if (lines.done?.["code"] === 89) throw new NotSupported();
    if (lines.fault !== undefined) throw lines.fault;
    // What it printed may be here before its connection is.
    await this.#calls.until(() => (this.#waiting.length > 0 ? true : undefined), this.#patience);
    const socket = this.#waiting.shift();
    if (socket === undefined) throw new Deviation("a TCP connection from the shim (CF-003)", lines.shown());
    const wire = new Wire(socket, (line) => transcript.push(line));
    wires.push(wire);
    const again = async (): Promise<Link> => {
      wire.reset();
      await lines.until(() => lines.done, this.#patience);
      if (lines.done === undefined)
        throw new Deviation("`done` at the end of the connection (CF-013)", lines.shown());
      const next = await this.#call(one, transcript, wires, moved);
      moved(next);
      return next;
    };
    return new Link(
      { primitives: this.#primitives, wire, lines, patience: this.#patience, again },
      one.role,
      one.setup,
    );
  }

  #running(): ShimProcess {
    if (this.#shim !== undefined && this.#shim.over === undefined) return this.#shim;
    const shim = new ShimProcess(this.#command, {
      line: (text) => {
        if (shim === this.#shim) this.#lines.line(text);
        this.#calls.changed();
      },
      over: (how) => {
        if (shim === this.#shim && this.#lines.done === undefined) this.#lines.over(how);
        this.#calls.changed();
      },
    });
    this.#shim = shim;
    return shim;
  }

  async #restart(): Promise<void> {
    const shim = this.#shim;
    this.#shim = undefined;
    shim?.kill();
    await shim?.ended;
  }
}
