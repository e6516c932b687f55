/**
 * What an open end has to do about each record and call, from the text of `spec/records.md`, `spec/alerts.md` and
 * `spec/states.md`. Its verdicts on plaintexts are the generated parser's; nothing here is the implementation's.
 */
import { hex } from "./hostile-peer.ts";
import { judgePlaintext } from "./wire.ts";

/** Outputs in words, in their order; or `misuse`, which is an exception and nothing else. */
export type Expected = Outputs | "misuse";
type Outputs = readonly string[];

const [DATA, ALERT, ACCEPT, CLOSE, PING, PONG] = [0, 1, 2, 3, 4, 5];
const badRecord = 5;
const unexpectedRecord = 6;

export class RecordJudge {
  /** Nothing more is to be heard of the end but what becomes of its transport. */
  isOver = false;
  #closedHere = false;
  #closedThere = false;
  #ended = false;
  #pongOwed = false;
  #pinged: string | undefined;

  record(plaintext: Uint8Array): Expected {
    if (this.#ended) return "misuse";
    const verdict = judgePlaintext(plaintext);
    if ("fault" in verdict) {
      // AL-024: a malformed Alert is not answered.
      if (plaintext[0] === ALERT) return this.#failsSilently("malformed_alert");
      return this.#fails(badRecord, "bad_record");
    }
    const { type, body } = verdict;
    switch (type) {
      case DATA:
        return this.#closedThere ? this.#unexpected() : [`data ${hex(body)}`];
      case ALERT: {
        const words = Buffer.from(body.subarray(2)).toString("utf8");
        const code = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
        return [`alert ${code} ${words}`, ...this.#failsSilently("alert_received")];
      }
      case CLOSE:
        if (this.#closedThere) return this.#unexpected();
        this.#closedThere = true;
        return ["end", ...this.#closed()];
      case PING:
        if (this.#pongOwed) return this.#unexpected();
        this.#pongOwed = true;
        return [`sends ${PONG} ${hex(body)}`];
      case PONG:
        if (this.#pinged !== hex(body)) return this.#unexpected();
        this.#pinged = undefined;
        return [`pong ${hex(body)}`];
      case ACCEPT:
        return this.#unexpected();
      default:
        throw new Error(`there is no type ${type}`);
    }
  }

  /** A record that does not authenticate, or whose length is none. */
  bad(): Expected {
    return this.#ended ? "misuse" : this.#fails(badRecord, "bad_record");
  }

  /** A record that has not come whole (RC-021); no other can follow. */
  partly(): Expected {
    if (this.#ended) return "misuse";
    this.isOver = true;
    return [];
  }

  /** RC-039 to RC-041. */
  flushed(): Expected {
    this.#pongOwed = false;
    return [];
  }

  ping(body: Uint8Array): Expected {
    if (this.#pinged !== undefined || this.#ended) return "misuse";
    this.#pinged = hex(body);
    return [`sends ${PING} ${hex(body)}`];
  }

  write(bytes: Uint8Array): Expected {
    if (this.#closedHere) return "misuse";
    return bytes.length === 0 ? [] : [`sends ${DATA} ${hex(bytes)}`];
  }

  /** Closing twice is closing. */
  close(): Expected {
    if (this.#closedHere) return [];
    this.#closedHere = true;
    return [`sends ${CLOSE} `, ...this.#closed()];
  }

  alert(): Expected {
    this.isOver = true;
    return [
      `sends ${ALERT} 000c${Buffer.from("enough").toString("hex")}`,
      "failed cancelled",
      "endTransport",
    ];
  }

  /** RC-031 to RC-034: an end of file is a truncation, unless the peer has closed. */
  end(): Expected {
    if (!this.#closedThere) return this.#failsSilently("truncated");
    this.#ended = true;
    this.#pinged = undefined;
    return [];
  }

  #closed(): Outputs {
    if (!this.#closedHere || !this.#closedThere) return [];
    this.isOver = true;
    return ["closed", "endTransport"];
  }

  #unexpected(): Outputs {
    return this.#fails(unexpectedRecord, "unexpected_record");
  }

  #fails(alert: number, code: string): Outputs {
    this.isOver = true;
    return [`sends ${ALERT} ${alert.toString(16).padStart(4, "0")}`, `failed ${code}`, "endTransport"];
  }

  #failsSilently(code: string): Outputs {
    this.isOver = true;
    return [`failed ${code}`, "closeTransport"];
  }
}
