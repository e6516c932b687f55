/** The scenes of what a client sends between its Response and the Verdict. */
import { ascii, zeros } from "../properties/reference/primitives.ts";
import { encodeAlert, encodePlaintext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { begun, bothClose, refusedByVerdict, responded } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";
import { flip, type Setting } from "./vectors-setting.ts";

/** The server's application decides now, and lets the client in. */
function letIn(s: Scene): void {
  s.call("server", { call: "decide" });
  s.verdict("Accept");
}

const server: Partial<Setting> = { plays: ["server"] };
const ping = ascii("ping-001");

export function earlyData(): Vector[] {
  return [
    responded(
      "early-data",
      "Data before the Verdict: held unopened while the server decides, delivered after its Accept",
      ["HS-088", "HS-112", "ST-008", "ST-011", "RC-026"],
      {},
      (s) => {
        s.record("client", "Data", "before ");
        s.record("client", "Data", "the Verdict");
        letIn(s);
        s.record("server", "Data", "now I read it");
        bothClose(s);
      },
    ),
    responded(
      "early-close",
      "Data and a Close before the Verdict: half-closed as soon as it is open",
      ["HS-112", "HS-115", "ST-001"],
      {},
      (s) => {
        s.record("client", "Data", "all that I have to say");
        s.record("client", "Close");
        letIn(s);
        s.record("server", "Data", "an answer");
        s.record("server", "Close");
      },
    ),
    responded(
      "early-limit",
      "70,000 bytes written before the Verdict: one record of the largest size, and the rest after Accept",
      ["HS-113", "HS-114", "RC-002"],
      { plays: ["client"] },
      (s) => {
        s.call("client", { call: "write", byte: "61", count: 70_000 });
        s.filled("client", 65_516, { waited: true });
        letIn(s);
        s.filled("client", 4_484, { waited: true });
        bothClose(s);
      },
    ),
    responded(
      "early-limit-close",
      "The same, and a Close, which waits behind the data",
      ["HS-113", "HS-114", "HS-115"],
      { plays: ["client"] },
      (s) => {
        s.call("client", { call: "write", byte: "61", count: 65_517 });
        s.filled("client", 65_516, { waited: true });
        s.call("client", { call: "close" });
        letIn(s);
        s.filled("client", 1, { waited: true });
        s.record("client", "Close", zeros(0), true);
        s.record("server", "Close");
      },
    ),
    responded(
      "early-limit-small-records",
      "Records count with their 21 bytes each: two early writes, and the second is cut to what fits",
      ["HS-113", "HS-114"],
      { plays: ["client"] },
      (s) => {
        s.record("client", "Data", "x".repeat(100));
        s.call("client", { call: "write", byte: "61", count: 65_500 });
        s.filled("client", 65_395, { waited: true });
        letIn(s);
        s.filled("client", 105, { waited: true });
        bothClose(s);
      },
    ),
    responded(
      "early-more-than-allowed",
      "A client that sends more than HS-113 allows is not refused for it",
      ["HS-124", "ST-010"],
      server,
      (s) => {
        s.filled("client", 65_516);
        s.filled("client", 65_516);
        letIn(s);
        bothClose(s);
      },
    ),
    responded(
      "early-ping",
      "A hostile client's Ping before Accept is not refused for its time, and answered after Accept",
      ["HS-124", "RC-037"],
      server,
      (s) => {
        s.record("client", "Ping", ping);
        letIn(s);
        s.record("server", "Pong", ping);
        bothClose(s);
      },
    ),
    responded(
      "early-alert",
      "An Alert of the client's before the Verdict is read after Accept",
      ["HS-088", "AL-021", "ST-011"],
      server,
      (s) => {
        s.record("client", "Data", "and");
        s.record("client", "Alert", encodeAlert(CODES.cancelled, "gone"));
        letIn(s);
        s.fails("server", "record.alert", { received: CODES.cancelled, words: "gone", step: s.length - 2 });
      },
    ),
    responded(
      "early-bad-record",
      "A bad record before the Verdict is judged after Accept, behind the data before it",
      ["HS-088", "ST-011", "RC-019"],
      server,
      (s) => {
        s.record("client", "Data", "delivered before");
        s.hostile("client", "Data", encodePlaintext(0, ascii("not delivered")), flip(-1));
        letIn(s);
        s.fails("server", "record.bad", { check: "cipher", answer: CODES.bad_record, step: s.length - 2 });
        s.alert("server", CODES.bad_record);
      },
    ),
    responded(
      "early-truncated",
      "End of file while the server decides is judged behind the data, after Accept",
      ["ST-013", "RC-033"],
      server,
      (s) => {
        s.record("client", "Data", "delivered before");
        s.end("client");
        letIn(s);
        s.fails("server", "eof", { step: s.length - 2 });
      },
    ),
    responded(
      "early-refused",
      "After a refusal nothing of it is opened, not even to find that it is bad",
      ["HS-089", "ST-045"],
      { ...server, decision: { code: CODES.busy, message: "" } },
      (s) => {
        s.hostile("client", "Data", encodePlaintext(0, ascii("never opened")), flip(-1));
        s.call("server", { call: "decide" });
        refusedByVerdict(s, "refuse", CODES.busy);
      },
    ),
    begun(
      "early-queue",
      "What is written before the Challenge waits, and goes behind the Response",
      ["HS-117", "HS-031", "ST-021"],
      { plays: ["client"] },
      (s) => {
        s.hello();
        s.call("client", { call: "write", byte: "61", count: 3 });
        s.challenge();
        s.response();
        s.filled("client", 3, { waited: true });
        s.verdict("Accept");
        bothClose(s);
      },
    ),
  ];
}
