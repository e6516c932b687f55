import { judgeHeader } from "../reference/messages.ts";
import { equal, readU16 } from "../reference/primitives.ts";
import { CODES } from "../reference/talk.ts";
import { JudgedEnd } from "./judged-end.ts";
import type { RecordTruth, Said, Truth } from "./peer.ts";

/** What becomes of the peer's stream: unit by unit, then its end. */
export class JudgedStream extends JudgedEnd {
  /** ST-003, ST-047, ST-048: units as long as there are any, then the end of file, once in each state. */
  protected settle(said: readonly Said[]): string[] {
    const out: string[] = [];
    for (;;) {
      const made = this.waits || this.isOver ? undefined : this.unit(said);
      if (made !== undefined) {
        out.push(...made);
        continue;
      }
      if (!this.ended || this.endJudgedIn === this.state) break;
      this.endJudgedIn = this.state;
      out.push(...this.judgeEnd());
    }
    if (this.isOver) this.held = new Uint8Array(0);
    return out;
  }

  protected judgeEnd(): string[] {
    const held = this.held.length;
    switch (this.phase) {
      case "closed":
      case "failed":
      case "forwarded":
        return [];
      case "closing":
      case "draining":
        return this.unflushed ? [] : this.closeTransport(); // ST-028
      case "hiding":
        return this.closeTransport();
      case "awaitHello":
        if (held > 0) return this.fail("truncated", "RC-033"); // ST-024
        this.phase = "closed"; // ST-023
        return ["closed", "closeTransport"];
      case "start":
      case "awaitChallenge":
        if (held === 0) return this.fail("no_answer", "ST-026");
        if (this.phase === "awaitChallenge" && held === 8 && judgeHeader(this.held) !== "alien")
          return this.fail("hint", "HS-012");
        return this.fail("truncated", "RC-033");
      case "openingRoute":
      case "routing":
      case "awaitResponse":
        return this.fail("abandoned", "ST-025");
      case "judging":
      case "responding":
        return held > 0 ? [] : this.fail("truncated", "RC-033"); // ST-012
      case "deciding":
        return []; // ST-013
      case "awaitVerdict":
        return this.fail("truncated", "RC-033"); // HS-104
      case "open":
        if (held > 0 || !this.peerClosed) return this.fail("truncated", "RC-033");
        this.pingOut = false; // RC-032, RC-055
        return [];
    }
  }

  protected unit(said: readonly Said[]): string[] | undefined {
    switch (this.phase) {
      case "awaitHello":
        return this.readHello(said);
      case "awaitChallenge":
        return this.whole(98, said, (truth) => this.readChallenge(truth));
      case "awaitResponse":
        return this.whole(96, said, (truth) => this.readResponse(truth));
      default:
        return this.readRecord(said);
    }
  }

  protected take(length: number): Uint8Array {
    const unit = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return unit;
  }

  protected whole(length: number, said: readonly Said[], judge: (truth: Truth | undefined) => string[]) {
    if (this.held.length < length) return undefined;
    const unit = this.take(length);
    return judge(said.find(({ bytes }) => equal(bytes, unit))?.truth);
  }

  protected readHello(said: readonly Said[]): string[] | undefined {
    if (this.held.length < 8) return undefined;
    const header = judgeHeader(this.held.subarray(0, 8)); // HS-007
    if (header === "alien") return this.hideOr(() => this.fail("not_hawser", "HS-008"), "not_hawser HS-008");
    if (header === "unsupported") {
      const hint = () => [...this.transmit("hint", 8), ...this.last("unsupported_header", "HS-009")];
      return this.hideOr(hint, "unsupported_header HS-009");
    }
    return this.whole(88, said, (truth) => {
      const mine = truth?.is === "hello" ? truth : ({ asks: "nobody", mine: false, isZero: false } as const);
      this.phase = "openingRoute";
      this.mine = mine.mine;
      this.asks = mine.asks;
      this.isZero = mine.isZero === true;
      this.asked = 1;
      return [`dh ${this.keys[0]}`];
    });
  }

  protected get keys(): readonly string[] {
    return this.making.keys ?? ["server"];
  }

  /** The key that the route opens with: all of these sessions' Hellos go through the via key `server`. */
  protected get opener(): string | undefined {
    return this.asks === "nobody" ? undefined : "server";
  }

  /** RT-010, RT-011. */
  protected routeOpened(said: readonly Said[]): string[] {
    if (this.isZero) return this.hideOr(() => this.fail("zero_dh", "HS-036"), "zero_dh HS-036");
    const keys = this.keys;
    const tried = keys[this.asked - 1];
    if (tried !== this.opener && this.asked < keys.length) return [`dh ${keys[this.asked++]}`];
    if (this.opener === undefined && this.making.stealth === true) {
      this.phase = "hiding"; // RT-020
      return ["failed route_unopened RT-020", ...this.settle(said)];
    }
    const answers = this.opener ?? keys[0];
    if (this.refusal !== undefined) {
      const code = CODES[this.refusal]; // RT-012, RT-013, RT-026
      return [
        ...this.transmit(`Challenge ${code} of ${answers}`, 98),
        ...this.last("hello_refused", "RT-011"),
      ];
    }
    const isOther = this.asks !== "nobody" && !keys.some((name) => name === this.asks);
    if (isOther && this.making.routes === true) {
      this.phase = "routing";
      return [`route ${this.asks}`, ...this.settle(said)];
    }
    if (isOther)
      return [...this.transmit(`Challenge 4 of ${answers}`, 98), ...this.last("hello_refused", "RT-011")];
    this.phase = "awaitResponse";
    return [...this.transmit(`Challenge 0 of ${answers}`, 98), ...this.settle(said)];
  }

  protected hideOr(openly: () => string[], reason: string): string[] {
    if (this.making.stealth !== true) return openly();
    this.phase = "hiding";
    return [`failed ${reason}`]; // RT-020
  }

  /** HS-055 to HS-061. */
  protected readChallenge(truth: Truth | undefined): string[] {
    if (truth?.is !== "challenge") return this.fail("bad_challenge", "HS-055");
    if (this.making.firstUse === true) {
      if (truth.code !== 0) return this.fail("refused", "HS-047"); // HS-060
      this.phase = "judging";
      return [`peerKey ${truth.from}`];
    }
    if (truth.from !== "server") return this.fail("server_key_mismatch", "HS-059");
    if (truth.code !== 0) return this.fail("refused", "HS-047"); // HS-057
    this.phase = "responding"; // HS-056
    return ["dh client"];
  }

  protected readResponse(truth: Truth | undefined): string[] {
    if (truth?.is !== "response") return this.verdictAlert("bad_response", "bad_response", "HS-079");
    if (!truth.served) return this.verdictAlert("wrong_context", "wrong_context", "HS-081");
    this.phase = "deciding"; // HS-082
    return ["peerKey client"];
  }

  protected readRecord(said: readonly Said[]): string[] | undefined {
    if (this.held.length < 2) return undefined;
    const length = readU16(this.held, 0);
    if (length < 19) return this.sayAlert("bad_record", "bad_record", "RC-019"); // RC-012, HS-099
    if (this.held.length < 2 + length) return undefined; // RC-021
    const unit = this.take(2 + length);
    const isVerdict = this.phase === "awaitVerdict";
    const truth = said.find(
      (one) =>
        equal(one.bytes, unit) &&
        (isVerdict ? one.truth.is === "verdict" : one.truth.is === "record" && one.truth.at === this.opened),
    )?.truth;
    if (truth === undefined || !("record" in truth))
      return this.sayAlert("bad_record", "bad_record", "RC-019"); // RC-013
    if (!isVerdict) this.opened++;
    return this.content(truth.record, isVerdict);
  }

  protected content(record: RecordTruth, isVerdict: boolean): string[] {
    if (record.type === "malformed") {
      if (record.isAlert) return this.fail("malformed_alert", "AL-024");
      return this.sayAlert("bad_record", "bad_record", "RC-019");
    }
    if (record.type === "Alert") {
      const code = readU16(record.body, 0);
      const text = new TextDecoder().decode(record.body.subarray(2));
      return [`alert ${code} ${text}`, ...this.fail("alert_received", "AL-021")]; // HS-101
    }
    if (isVerdict) {
      if (record.type !== "Accept") return this.unexpected(); // HS-102
      this.phase = "open"; // HS-100
      this.isOpen = true;
      return ["open"];
    }
    const text = new TextDecoder().decode(record.body);
    if (record.type === "Data") return this.peerClosed ? this.unexpected() : [`data ${text}`]; // RC-030
    if (record.type === "Close") {
      if (this.peerClosed) return this.unexpected(); // RC-030
      this.peerClosed = true;
      return this.ownClosed ? ["end", ...this.bothClosed()] : ["end"];
    }
    if (record.type === "Ping") {
      if (this.pongOwed) return this.unexpected(); // RC-043
      this.pongOwed = true;
      return this.transmit(`Pong ${text}`); // RC-037
    }
    if (record.type === "Accept" || !this.pingOut) return this.unexpected(); // RC-027, RC-044
    this.pingOut = false;
    return ["pong"];
  }
}
