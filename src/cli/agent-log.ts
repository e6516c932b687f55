import type { AgentEvent, Asker } from "../agent/index.ts";
import type { Fields, Log } from "./log.ts";

/** How often it is said what an asker's requests come to. */
const summaryInterval = 60_000;

interface Count {
  done: number;
  failed: number;
}

/**
 * Says in the log who asks, for which key and how often: each request at `debug`, and at `info` what they come to, once a
 * minute and at the end of a connection. There is nothing secret in it.
 */
export class AgentLog {
  readonly #log: Log;
  /** What a key is called, by its public key's text. */
  readonly #names: () => ReadonlyMap<string, string>;
  readonly #timer = setInterval(() => this.#summarise(), summaryInterval).unref();
  /** By connection, then by key: what has not been said yet. */
  readonly #counts = new Map<number, { readonly asker: Asker; readonly keys: Map<string, Count> }>();
  readonly #held = new Set<number>();

  constructor(log: Log, names: () => ReadonlyMap<string, string>) {
    this.#log = log;
    this.#names = names;
  }

  readonly observe = (event: AgentEvent): void => {
    const { asker } = event;
    const who = nameOf(asker);
    const fields = fieldsOf(asker);
    switch (event.type) {
      case "connected":
        this.#log.info({ event: "asker_connected", words: `${who} is connected.`, fields });
        return;
      case "refused": {
        const { reason } = event;
        const words = `${who} was not let in: ${refusals[reason]}.`;
        this.#log.warn({ event: "asker_refused", words, fields: { ...fields, reason } });
        return;
      }
      case "answered": {
        const { outcome, key } = event;
        this.#count(asker, key ?? "", outcome === "done");
        const name = this.#nameOf(key);
        const words = `${who} asked for a DH with ${name}: ${outcome}.`;
        this.#log.debug({ event: "asked", words, fields: { ...fields, key: name, publicKey: key, outcome } });
        return;
      }
      case "malformed": {
        const words = `${who} sent what is no request: its connection is ended.`;
        this.#log.warn({ event: "asker_malformed", words, fields });
        return;
      }
      case "held":
        if (this.#held.has(asker.connection)) return;
        this.#held.add(asker.connection);
        this.#log.warn({
          event: "asker_held",
          words: `${who} asks for more than the rate allows: its requests wait. (Said once a minute.)`,
          fields,
        });
        return;
      case "disconnected": {
        const { answered, failed } = event;
        this.#say(asker.connection);
        this.#held.delete(asker.connection);
        const words = `${who} is gone: ${answered} answered, ${failed} not.`;
        this.#log.info({ event: "asker_gone", words, fields: { ...fields, answered, failed } });
        return;
      }
    }
  };

  /** Says what has not been said. */
  close(): void {
    clearInterval(this.#timer);
    this.#summarise();
  }

  #count({ connection, ...rest }: Asker, key: string, isDone: boolean): void {
    const asker = { connection, ...rest };
    const counts = this.#counts.get(connection) ?? { asker, keys: new Map<string, Count>() };
    const count = counts.keys.get(key) ?? { done: 0, failed: 0 };
    count[isDone ? "done" : "failed"] += 1;
    this.#counts.set(connection, counts);
    counts.keys.set(key, count);
  }

  #summarise(): void {
    this.#held.clear();
    for (const connection of [...this.#counts.keys()]) this.#say(connection);
  }

  #say(connection: number): void {
    const counts = this.#counts.get(connection);
    this.#counts.delete(connection);
    if (counts === undefined) return;
    const { asker, keys } = counts;
    for (const [key, { done, failed }] of keys) {
      const publicKey = key === "" ? undefined : key;
      const name = this.#nameOf(publicKey);
      this.#log.info({
        event: "key_used",
        words: `${nameOf(asker)} used ${name}: ${done} answered, ${failed} not.`,
        fields: { ...fieldsOf(asker), key: name, publicKey, answered: done, failed },
      });
    }
  }

  #nameOf(key: string | undefined): string {
    return key === undefined ? "a key that is not here" : (this.#names().get(key) ?? key);
  }
}

const refusals = {
  user: "its user may not ask (--allow-uid)",
  "unknown user": "the system does not say whose process it is",
  limit: "there are as many connections as are allowed",
} as const;

function nameOf({ connection, credentials }: Asker): string {
  const whose = credentials === undefined ? "" : ` (process ${credentials.pid} of user ${credentials.uid})`;
  return `#${connection}${whose}`;
}

function fieldsOf({ connection, credentials }: Asker): Fields {
  return { connection, pid: credentials?.pid, uid: credentials?.uid };
}
