import { Deviation } from "../deviation.ts";
import { Watched } from "../watched.ts";

/** A line that a shim printed. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** CF-010: the members of each event besides `event`, and what each is. */
const members: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = (() => {
  const hex = (value: unknown) => typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value);
  const hexOrNull = (value: unknown) => value === null || hex(value);
  const number = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const code = (value: unknown) => number(value) && (value as number) <= 65_535;
  return {
    peerKey: { key: hex, context: hexOrNull },
    open: { binding: hex, exporter: hexOrNull },
    end: { length: number, sha256: hex },
    pong: { bytes: hex },
    alert: { code, words: hex },
    closed: {},
    failed: {
      kind: (value: unknown) => typeof value === "string",
      code: (value: unknown) => value === null || code(value),
    },
    done: {
      code: (value: unknown) => value === 0 || value === 1 || value === 89,
      length: number,
      sha256: hex,
    },
  };
})();

/** @throws Deviation for a line that CF-010 does not have */
export function parseLine(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Deviation("a line of JSON on standard output (CF-010)", JSON.stringify(text.slice(0, 200)));
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const { event, ...rest } = (isObject ? value : {}) as Record<string, unknown>;
  const wanted = typeof event === "string" && Object.hasOwn(members, event) ? members[event] : undefined;
  const fits =
    wanted !== undefined &&
    Object.keys(rest).sort().join() === Object.keys(wanted).sort().join() &&
    Object.entries(wanted).every(([name, isRight]) => isRight(rest[name]));
  if (!fits) throw new Deviation("an event of CF-010 with its members", text.slice(0, 300));
  return value as Line;
}

/** What a shim prints in one case. */
export class Lines extends Watched {
  readonly heard: Line[] = [];
  /** The first thing that went wrong with them. */
  fault: Deviation | undefined;

  /** The last line, once it is there. */
  get done(): Line | undefined {
    const last = this.heard.at(-1);
    return last?.event === "done" ? last : undefined;
  }

  line(text: string): void {
    try {
      if (this.done !== undefined) throw new Deviation("nothing after `done` (CF-010)", text.slice(0, 200));
      this.heard.push(parseLine(text));
    } catch (error) {
      this.fault ??= error as Deviation;
    }
    this.changed();
  }

  /** The process has ended in the middle of a case. */
  over(how: string): void {
    this.fault ??= new Deviation(
      "a shim that plays the case to its end (CF-013)",
      `its process ended: ${how}`,
    );
    this.changed();
  }

  /**
   * Waits for a line.
   *
   * @throws Deviation where it does not come
   */
  async printed(event: string, ms: number): Promise<Line> {
    const found = await this.until(() => {
      if (this.fault !== undefined) throw this.fault;
      const line = this.heard.find((one) => one.event === event);
      return line ?? (this.done === undefined ? undefined : this.done);
    }, ms);
    if (found?.event === event) return found;
    throw new Deviation(`the event ${event}`, this.shown());
  }

  /** For people. */
  shown(): string {
    return this.heard.length === 0 ? "no event" : this.heard.map((line) => JSON.stringify(line)).join(" ");
  }
}
