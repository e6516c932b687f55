/**
 * What the specification says of an end, as a judge sees it who knows what the peer truly said: a message or record
 * is what the peer made for this connection and this very place in it, byte for byte, or it is nothing. No key, no
 * state table and nothing of the implementation is read here; each outcome was written from the requirement beside it.
 */
import { concat } from "../reference/primitives.ts";
import { CODES } from "../reference/talk.ts";
import type { AlertName } from "./judged-end.ts";
import { JudgedStream } from "./judged-stream.ts";
import type { Said } from "./peer.ts";

/** What happens to an end, and what it has to do about it. */
export class Judge extends JudgedStream {
  copy(): Judge {
    return Object.assign(new Judge(this.making), this);
  }

  receive(bytes: Uint8Array, said: readonly Said[]): string[] {
    if (this.ended) return ["misuse"];
    if (this.phase === "forwarded") return [`forward ${bytes.length}`];
    if (this.isOver) return [];
    this.held = concat(this.held, bytes);
    return this.settle(said);
  }

  end(said: readonly Said[]): string[] {
    this.ended = true;
    return this.settle(said);
  }

  reset(): string[] {
    switch (this.phase) {
      case "closed":
      case "failed":
      case "forwarded":
        return [];
      case "closing":
      case "draining":
      case "hiding":
        return this.closeTransport(); // ST-028, ST-031, RT-020
      case "openingRoute":
      case "routing":
      case "awaitResponse":
        return this.fail("abandoned", "ST-025");
      default:
        return this.fail("truncated", "RC-033"); // HS-104 as well
    }
  }

  flushed(): string[] {
    this.unflushed = false;
    this.pongOwed = false; // RC-040
    if (this.phase === "closing") this.drainRuns = true;
    return this.ended && (this.phase === "draining" || this.phase === "closing") ? this.closeTransport() : [];
  }

  /** What was asked for is answered: a DH, trust, Accept, a route found; a client begins. */
  answer(said: readonly Said[]): string[] {
    switch (this.phase) {
      case "start":
        this.phase = "awaitChallenge";
        return [...this.transmit("Hello"), ...this.settle(said)];
      case "judging":
        this.phase = "responding";
        return ["dh client", ...this.settle(said)];
      case "responding":
        this.phase = "awaitVerdict"; // HS-073, HS-112
        return [
          ...this.transmit("Response of client"),
          ...(this.queued.length > 0 ? this.transmit(`Data ${this.queued.join("")}`) : []),
          ...this.settle(said),
        ];
      case "openingRoute":
        return this.routeOpened(said);
      case "routing": {
        this.phase = "forwarded"; // RT-014
        const more = this.held.length;
        this.held = new Uint8Array(0);
        return [`forward ${88 + more}`];
      }
      case "deciding":
        this.phase = "open"; // HS-083
        this.isOpen = true;
        return [...this.transmit("Verdict Accept"), "open", ...this.settle(said)];
      default:
        throw new Error(`nothing is asked for in ${this.phase}`);
    }
  }

  /** The deadline that {@link isTimed} tells of has come. */
  deadline(): string[] {
    switch (this.phase) {
      case "closing":
      case "draining":
      case "hiding":
        return this.closeTransport();
      case "awaitVerdict":
        return this.sayAlert("timeout", "timeout", "HS-119"); // AL-010
      case "awaitResponse":
      case "deciding":
        return this.verdictAlert("timeout", "timeout", "HS-119"); // HS-095
      default:
        return this.fail("timeout", "HS-119"); // HS-120, HS-121, RT-017: in silence
    }
  }

  /** What the application gives up, with an alert where the state has a way to say it. */
  giveUp(alert: string): string[] {
    switch (this.phase) {
      case "closed":
      case "failed":
      case "closing":
      case "draining":
      case "forwarded":
        return []; // ST-018
      case "hiding":
        return this.closeTransport();
      case "awaitVerdict":
      case "open":
        return this.sayAlert(alert, "cancelled", "AL-015");
      case "awaitResponse":
      case "deciding":
        return this.verdictAlert(alert, "cancelled", "AL-015"); // HS-095
      default:
        return this.fail("cancelled", "AL-015"); // HS-064
    }
  }

  close(): string[] {
    if (this.making.role === "client" && this.isBeforeResponse) return this.fail("cancelled", "AL-015"); // ST-022
    if (this.phase === "awaitVerdict" || this.phase === "open") {
      if (this.ownClosed) return []; // ST-018
      this.ownClosed = true;
      const close = this.transmit("Close");
      if (this.phase === "awaitVerdict" || !this.peerClosed) return close;
      return [...close, ...this.bothClosed()];
    }
    return this.isOver ? [] : ["misuse"]; // ST-018
  }

  reject(): string[] {
    return this.phase === "judging" ? this.fail("untrusted", "HS-062") : ["misuse"];
  }

  write(text: string): string[] {
    if (this.phase === "open" && !this.ownClosed) return this.transmit(`Data ${text}`);
    if (this.phase === "awaitVerdict" && !this.ownClosed) return this.transmit(`Data ${text}`); // HS-112
    if (this.making.role !== "client" || !this.isBeforeResponse) return ["misuse"]; // ST-019
    this.queued = [...this.queued, text]; // HS-117
    return [];
  }

  ping(body: string): string[] {
    if (this.phase !== "open" || this.pingOut || this.ended) return ["misuse"]; // ST-020, HS-116
    this.pingOut = true;
    return this.transmit(`Ping ${body}`);
  }

  refuse(alert: AlertName): string[] {
    if (this.phase === "deciding" || this.phase === "awaitResponse")
      return this.verdictAlert(alert, "denied", "HS-084");
    if (this.phase === "awaitHello" || this.phase === "openingRoute") {
      this.refusal ??= alert; // ST-017
      return [];
    }
    if (this.phase === "routing") {
      const answer = this.transmit(`Challenge ${CODES[alert]} of ${this.opener}`, 98);
      return [...answer, ...this.last("hello_refused", "RT-011")];
    }
    return ["misuse"]; // ST-016
  }
}
