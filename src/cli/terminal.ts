import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { Terminal } from "./surroundings.ts";

/**
 * The terminal that the process belongs to, also where standard input and output are joined to something else;
 * `undefined` for a process without one, and on Windows, which has no /dev/tty.
 */
export function openTerminal(): Terminal | undefined {
  if (process.platform === "win32") return undefined;
  try {
    const writing = openSync("/dev/tty", "w");
    return new OwnTerminal(new ReadStream(openSync("/dev/tty", "r")), writing);
  } catch {
    return undefined;
  }
}

class OwnTerminal implements Terminal {
  readonly #input: ReadStream;
  readonly #writing: number;
  #text = "";
  #isAtEnd = false;
  #wake: () => void = () => undefined;

  constructor(input: ReadStream, writing: number) {
    this.#input = input;
    this.#writing = writing;
    const atEnd = () => {
      this.#isAtEnd = true;
      this.#wake();
    };
    input.setEncoding("utf8");
    input.on("data", (text: string) => {
      this.#text += text;
      this.#wake();
    });
    input.on("end", atEnd);
    input.on("error", atEnd); // A terminal that hung up.
  }

  write(text: string): void {
    writeSync(this.#writing, text);
  }

  async readLine(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const [line, rest] = this.#text.split(/\n(.*)/s);
      if (rest !== undefined) {
        this.#text = rest;
        return line ?? "";
      }
      if (this.#isAtEnd) return undefined;
      await this.#more(signal);
    }
  }

  close(): void {
    this.#input.destroy();
    closeSync(this.#writing);
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      this.#wake = resolve;
    });
  }
}
