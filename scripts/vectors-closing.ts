/** The scenes of how an open channel ends: by Closes, by its transport, by both. */
import { ascii, fromHex } from "../properties/reference/primitives.ts";
import { encodeAlert } from "../properties/reference/record.ts";
import { bothClose, opened } from "./vectors-acts.ts";
import type { Role, Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";

export function streamEnds(): Vector[] {
  const cut = (from: Role, end: "eof" | "eof.partial" | "reset") => (s: Scene) => {
    const by = from === "client" ? "server" : "client";
    s.record(from, "Data", "delivered before");
    if (end === "eof.partial") s.raw(from, fromHex("00200102"));
    if (end === "reset") s.reset(from);
    else s.end(from);
    s.fails(by, end);
  };
  const cuts = (["client", "server"] as const).flatMap((from) =>
    (["eof", "eof.partial", "reset"] as const).map((end) => {
      const name = { eof: "end of file", "eof.partial": "end of file inside a record", reset: "a reset" }[
        end
      ];
      const by = from === "client" ? "server" : "client";
      return opened(
        `stream-cut-${end === "eof.partial" ? "inside" : end}-of-${from}`,
        `Without a Close of the ${from}'s: ${name} is a truncation`,
        ["RC-033", "RC-021"],
        { plays: [by] },
        cut(from, end),
      );
    }),
  );
  return [
    ...cuts,
    opened(
      "close-then-eof",
      "End of file after the client's Close: the server's direction goes on",
      ["RC-028", "RC-032", "RC-035"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "all there is");
        s.record("client", "Close");
        s.end("client");
        s.record("server", "Data", "and all of this");
        s.record("server", "Close");
      },
    ),
    opened(
      "close-then-eof-ping",
      "A Ping that is outstanding at that end of file is forgotten",
      ["RC-032", "RC-055"],
      { plays: ["server"] },
      (s) => {
        s.record("server", "Ping", ascii("ping-001"));
        s.record("client", "Close");
        s.end("client");
        s.record("server", "Data", "goes on");
        s.record("server", "Close");
      },
    ),
    opened(
      "close-then-reset",
      "A reset after the client's Close: the server's direction fails, the client's end stays clean",
      ["RC-033", "RC-034"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "all there is");
        s.record("client", "Close");
        s.reset("client");
        s.fails("server", "reset");
      },
    ),
    opened(
      "close-then-partial",
      "End of file inside a record after the client's Close",
      ["RC-033", "RC-034"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "all there is");
        s.record("client", "Close");
        s.raw("client", fromHex("0013"));
        s.end("client");
        s.fails("server", "eof.partial");
      },
    ),
    opened(
      "close-both-at-once",
      "Both close at once; what comes after both Closes is drained unopened",
      ["RC-035", "RC-036", "ST-027", "ST-032"],
      { plays: ["client", "server"] },
      (s) => {
        bothClose(s);
      },
    ),
    opened(
      "close-then-garbage",
      "After both Closes what comes is dropped unopened, and no failure",
      ["ST-027", "ST-031", "ST-032"],
      { plays: ["server"] },
      (s) => {
        s.record("server", "Close");
        s.record("client", "Data", "the last");
        s.record("client", "Close");
        s.raw("client", new Uint8Array(40).fill(0xff));
        s.end("client");
      },
    ),
    opened(
      "close-then-alert",
      "An Alert after the client's Close: a failure, and the clean end stays reported",
      ["AL-030", "RC-029"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("client", "Data", "all there is");
        s.record("client", "Close");
        s.record("client", "Alert", encodeAlert(0x8002, "changed my mind"));
        s.fails("client", "alert", { answer: 0x8002 });
        s.fails("server", "record.alert", { received: 0x8002, words: "changed my mind" });
      },
    ),
    opened(
      "close-then-ping",
      "A Ping after the own Close is answered, and so is one after the peer's",
      ["RC-029", "RC-046"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("client", "Close");
        s.record("client", "Ping", ascii("ping-001"));
        s.record("server", "Pong", ascii("ping-001"));
        s.record("server", "Ping", ascii("ping-002"));
        s.record("client", "Pong", ascii("ping-002"));
        s.record("server", "Close");
      },
    ),
  ];
}
