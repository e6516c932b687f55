/** The scenes of a client that awaits the Verdict: other ends than an Accept. */
import { ascii, concat, fromHex, zeros } from "../properties/reference/primitives.ts";
import { encodeAlert, encodePlaintext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { responded } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";
import type { Setting } from "./vectors-setting.ts";

const client: Partial<Setting> = { plays: ["client"] };

/** The client, from its Response to the Verdict. */
export function verdictEnds(): Vector[] {
  const transportEnds: [string, string, string, (s: Scene) => void][] = [
    ["eof", "End of file", "eof", (s) => s.end("server")],
    ["reset", "A reset", "reset", (s) => s.reset("server")],
  ];
  return [
    ...transportEnds.map(([name, title, event, end]) =>
      responded(
        `verdict-${name}`,
        `${title} in the place of the Verdict: a truncation, never a refusal`,
        ["HS-104"],
        client,
        (s) => {
          end(s);
          s.fails("client", event);
        },
      ),
    ),
    responded("verdict-short", "End of file inside the Verdict", ["HS-104"], client, (s) => {
      s.raw("server", concat(fromHex("0110"), new Uint8Array(271).fill(1)));
      s.end("server");
      s.fails("client", "eof.partial");
    }),
    responded(
      "verdict-timeout",
      "The deadline passes before the Verdict: an Alert under the transport key",
      ["HS-120", "HS-112"],
      client,
      (s) => {
        s.call("client", { call: "deadline" });
        s.fails("client", "time.handshake", { answer: CODES.timeout });
        s.record("client", "Alert", encodeAlert(CODES.timeout, ""));
      },
    ),
    responded(
      "verdict-given-up",
      "The application gives up before the Verdict, behind its data",
      ["HS-112", "HS-115", "AL-008"],
      client,
      (s) => {
        s.record("client", "Data", "early");
        s.record("client", "Alert", encodeAlert(CODES.cancelled, "enough"));
        s.fails("client", "alert", { answer: CODES.cancelled });
      },
    ),
    ...hostileVerdicts(),
  ];
}

function hostileVerdicts(): Vector[] {
  const bad: [string, string, Uint8Array, "type" | "size" | "padding" | "body", string][] = [
    ["type", "Type 6 as the Verdict", encodePlaintext(6, zeros(0), 256), "type", "RC-014"],
    ["size", "A size past the end in the Verdict", encodePlaintext(2, zeros(0), 256, 254), "size", "RC-015"],
    [
      "padding",
      "A padding that is not zero in the Verdict",
      concat(encodePlaintext(2, zeros(0), 255), Uint8Array.of(1)),
      "padding",
      "RC-016",
    ],
    ["body", "An Accept with a body", encodePlaintext(2, Uint8Array.of(0), 256), "body", "RC-017"],
  ];
  const types: ["Close" | "Ping" | "Pong", Uint8Array][] = [
    ["Close", zeros(0)],
    ["Ping", ascii("ping-001")],
    ["Pong", ascii("ping-001")],
  ];
  return [
    ...bad.map(([name, title, plaintext, check, id]) =>
      responded(`verdict-${name}`, title, ["HS-098", "HS-099", id], client, (s) => {
        s.verdictOf(name === "type" ? "type 6" : "Accept", plaintext);
        s.fails("client", "verdict.bad", { check, answer: CODES.bad_record });
        s.alert("client", CODES.bad_record);
      }),
    ),
    ...types.map(([type, body]) =>
      responded(
        `verdict-${type.toLowerCase()}`,
        `A ${type} as the Verdict`,
        ["HS-094", "HS-102"],
        client,
        (s) => {
          s.verdict(type, body);
          s.fails("client", "verdict.unexpected", { answer: CODES.unexpected_record });
          s.alert("client", CODES.unexpected_record);
        },
      ),
    ),
    responded(
      "verdict-length",
      "A length of 18 in the place of the Verdict: judged as soon as it is there",
      ["HS-098", "RC-012"],
      client,
      (s) => {
        s.raw("server", fromHex("0012"));
        s.fails("client", "verdict.bad", { check: "length", answer: CODES.bad_record });
        s.alert("client", CODES.bad_record);
      },
    ),
    responded(
      "verdict-under-transport-key",
      "An Accept under the transport key: the Verdict has a key of its own",
      ["HS-090", "HS-091", "HS-098"],
      client,
      (s) => {
        s.hostile("server", "Accept", encodePlaintext(2, zeros(0), 256));
        s.fails("client", "verdict.bad", { check: "cipher", answer: CODES.bad_record });
        s.alert("client", CODES.bad_record);
      },
    ),
    responded(
      "verdict-alert-surrogate",
      "An Alert as the Verdict whose words hold a surrogate: the client says nothing",
      ["HS-099", "AL-024", "AL-025"],
      client,
      (s) => {
        s.verdictOf("Alert", encodePlaintext(1, fromHex("0003eda080"), 256));
        s.fails("client", "verdict.malformedAlert", { check: "body" });
      },
    ),
  ];
}
