/** What an acceptor tells its admin: a line of JSON each. */
export type Told =
  | { readonly type: "listening"; readonly url: string; readonly address: string }
  | { readonly type: "message"; readonly message: unknown }
  | { readonly type: "ready" | "lost"; readonly worker: number }
  | { readonly type: "fault"; readonly worker: number; readonly words: string }
  | { readonly type: "doubted"; readonly worker: number; readonly by: number }
  | { readonly type: "busy" }
  | { readonly type: "error"; readonly words: string };

const maxLineLength = 65_536;
const types: ReadonlySet<unknown> = new Set([
  "listening",
  "message",
  "ready",
  "lost",
  "fault",
  "doubted",
  "busy",
  "error",
]);

/** Puts lines together again, and reads them. */
export class ToldReader {
  #rest = "";

  /** @throws Error for what an acceptor does not say */
  read(bytes: Uint8Array, take: (told: Told) => void): void {
    const lines = (this.#rest + Buffer.from(bytes).toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > maxLineLength) throw new Error("the acceptor's line has no end");
    for (const line of lines) take(toldOf(JSON.parse(Buffer.from(line, "latin1").toString())));
  }
}

function toldOf(value: unknown): Told {
  const { type, worker, by, words, url, address } = Object(value);
  const isGood =
    types.has(type) &&
    (worker === undefined || Number.isInteger(worker)) &&
    (by === undefined || Number.isInteger(by)) &&
    (words === undefined || typeof words === "string") &&
    (url === undefined || typeof url === "string") &&
    (address === undefined || typeof address === "string");
  if (!isGood) throw new Error("the acceptor says what it can't");
  return value as Told;
}
