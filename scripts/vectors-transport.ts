/** The scenes in which a transport ends, a deadline passes, or bytes come that nobody asked for. */
import { makeHeader } from "../properties/reference/messages.ts";
import { ascii, concat, fromHex, publicOf, zeros } from "../properties/reference/primitives.ts";
import { CODES } from "../properties/reference/talk.ts";
import { begun, challenged, refusedByVerdict } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import { SECRETS, type Setting } from "./vectors-setting.ts";

const server: Partial<Setting> = { plays: ["server"] };
const client: Partial<Setting> = { plays: ["client"] };

const hello = makeHeader();

/** The server, up to its Challenge. */
export function helloEnds(): Vector[] {
  const unspoken = [
    ["flags-high", "Flags of 0x8000", "4857535201018000"],
    ["version-0", "Version 0", "4857535200010000"],
  ] as const;
  return [
    begun(
      "hello-nothing",
      "End of file before the first byte: closed, and no error",
      ["ST-023"],
      server,
      (s) => s.end("client"),
    ),
    begun("hello-header-short", "End of file inside the header", ["ST-024", "ST-042"], server, (s) => {
      s.raw("client", hello.slice(0, 7));
      s.end("client");
      s.fails("server", "eof.partial");
    }),
    begun("hello-short", "End of file one byte before the end of the Hello", ["ST-024"], server, (s) => {
      s.raw("client", concat(hello, new Uint8Array(79).fill(0x5a)));
      s.end("client");
      s.fails("server", "eof.partial");
    }),
    begun("hello-reset", "A reset inside the Hello", ["ST-001"], server, (s) => {
      s.raw("client", hello);
      s.reset("client");
      s.fails("server", "reset");
    }),
    begun(
      "hello-timeout",
      "The deadline passes inside the Hello: silence",
      ["HS-119", "HS-121"],
      server,
      (s) => {
        s.raw("client", hello);
        s.call("server", { call: "deadline" });
        s.fails("server", "time.handshake");
      },
    ),
    begun(
      "hello-alien-early",
      "Eight bytes of HTTP: judged without the rest, and nothing is sent",
      ["HS-007", "HS-008", "HS-015"],
      server,
      (s) => {
        s.raw("client", ascii("GET / HT"));
        s.fails("server", "header.alien");
      },
    ),
    begun(
      "hello-alien-stealth",
      "First bytes that are not HWSR, in stealth mode: hidden as everything else is",
      ["RT-020", "RT-021", "HS-010"],
      { ...server, stealth: true },
      (s) => {
        s.raw("client", ascii("\x16\x03\x01\x02\x00\x01\x00\x01"));
        s.fails("server", "hello.hidden");
      },
    ),
    ...unspoken.map(([name, title, header]) =>
      begun(`hello-${name}`, `${title}: a hint`, ["HS-009"], server, (s) => {
        s.raw("client", fromHex(header));
        s.fails("server", "header.unsupported", { answer: "hint" });
        s.hint();
      }),
    ),
    begun(
      "hello-given-up",
      "The application gives up before the Hello is complete: silence",
      ["HS-121"],
      server,
      (s) => {
        s.raw("client", hello);
        s.call("server", { call: "alert", code: CODES.cancelled, message: "not sent" });
        s.fails("server", "alert");
      },
    ),
  ];
}

/** The client, up to its Response. */
export function challengeEnds(): Vector[] {
  const header = (version: number) => concat(ascii("HWSR"), Uint8Array.of(version, 1, 0, 0));
  const ends: [string, string, string[], Uint8Array, string][] = [
    ["nothing", "End of file in the place of the Challenge: no answer", ["ST-026"], zeros(0), "eof"],
    ["hint", "A hint of version 2", ["HS-011", "HS-012", "HS-014"], header(2), "eof.hint"],
    [
      "hint-short",
      "Seven bytes of a header make no hint",
      ["HS-011", "ST-026"],
      header(2).slice(0, 7),
      "eof.partial",
    ],
    [
      "hint-long",
      "Nine bytes that begin as a header make no hint",
      ["HS-011", "ST-026"],
      concat(header(2), zeros(1)),
      "eof.partial",
    ],
    [
      "hint-alien",
      "Eight bytes that do not begin with HWSR",
      ["HS-011", "ST-026"],
      ascii("SSH-2.0-"),
      "eof.partial",
    ],
    [
      "short",
      "End of file one byte before the end of the Challenge",
      ["ST-026"],
      new Uint8Array(97).fill(7),
      "eof.partial",
    ],
  ];
  return [
    ...ends.map(([name, title, ids, bytes, event]) =>
      begun(`challenge-${name}`, title, [...ids, "HS-064"], client, (s) => {
        s.hello();
        if (bytes.length > 0) s.raw("server", bytes);
        s.end("server");
        s.fails("client", event);
      }),
    ),
    begun("challenge-hint-reset", "A header, then a reset: no hint", ["HS-011"], client, (s) => {
      s.hello();
      s.raw("server", header(2));
      s.reset("server");
      s.fails("client", "reset");
    }),
    begun("challenge-reflected", "The own Hello in the place of the Challenge", ["HS-055"], client, (s) => {
      s.hello();
      s.raw("server", concat(s.helloBytes, zeros(10)));
      s.fails("client", "challenge.bad");
    }),
    begun(
      "challenge-timeout",
      "The deadline passes before the Challenge: silence",
      ["HS-119", "HS-120"],
      client,
      (s) => {
        s.hello();
        s.call("client", { call: "deadline" });
        s.fails("client", "time.handshake");
      },
    ),
    begun(
      "challenge-given-up",
      "The application closes before its Response: nothing is sent, and what waited is lost",
      ["ST-022", "HS-117"],
      client,
      (s) => {
        s.hello();
        s.call("client", { call: "write", byte: "61", count: 10 });
        s.call("client", { call: "close" });
        s.fails("client", "close");
      },
    ),
    begun(
      "challenge-untrusted",
      "First use: the application does not trust the key",
      ["HS-061", "HS-062"],
      {
        expected: null,
        rejects: true,
        ...client,
      },
      (s) => {
        s.hello();
        s.challenge();
        s.fails("client", "reject");
      },
    ),
    begun(
      "challenge-refused-trailing",
      "What follows a Challenge with a code is ignored",
      ["HS-066", "HS-057"],
      { ...client, limit: CODES.going_away },
      (s) => {
        s.hello();
        s.challenge({ code: CODES.going_away });
        s.fails("client", "challenge.refused", { received: CODES.going_away });
        s.raw("server", ascii("not read"));
      },
    ),
    begun(
      "challenge-mismatch-code",
      "Another key's code is ignored: a mismatch all the same",
      ["HS-059"],
      { ...client, expected: publicOf(SECRETS.other) },
      (s) => {
        s.hello();
        s.challenge({ code: CODES.busy });
        s.fails("client", "challenge.mismatch");
      },
    ),
    begun(
      "challenge-unknown-code",
      "A code that the client does not know is terminal as any other",
      ["HS-057", "AL-003"],
      client,
      (s) => {
        s.hello();
        s.challenge({ code: 0x7fff });
        s.fails("client", "challenge.refused", { received: 0x7fff });
      },
    ),
  ];
}

/** The server, from its Challenge to its Verdict. */
export function responseEnds(): Vector[] {
  const undecided: Partial<Setting> = { ...server, decision: null };
  return [
    challenged(
      "response-absent",
      "End of file in the place of the Response: abandoned, as the client may have rejected the key",
      ["ST-025"],
      undecided,
      (s) => {
        s.end("client");
        s.fails("server", "eof");
      },
    ),
    challenged("response-short", "End of file inside the Response: abandoned", ["ST-025"], undecided, (s) => {
      s.raw("client", new Uint8Array(95).fill(0x5a));
      s.end("client");
      s.fails("server", "eof.partial");
    }),
    challenged(
      "response-reset",
      "A reset in the place of the Response: abandoned",
      ["ST-025"],
      undecided,
      (s) => {
        s.reset("client");
        s.fails("server", "reset");
      },
    ),
    challenged(
      "response-timeout",
      "The deadline passes before the Response: the Alert is the Verdict",
      ["HS-095", "HS-121", "AL-009"],
      undecided,
      (s) => {
        s.call("server", { call: "deadline" });
        refusedByVerdict(s, "time.handshake", CODES.timeout);
      },
    ),
    challenged(
      "response-going-away",
      "A shutdown before the Response: the Alert is the Verdict, and the client reads it behind its Response",
      ["HS-065", "HS-095", "AL-009", "HS-101"],
      { decision: null },
      (s) => {
        s.call("server", { call: "alert", code: CODES.going_away, message: "back soon" });
        refusedByVerdict(s, "alert", CODES.going_away, "back soon");
        const step = s.length - 1;
        s.response();
        s.fails("client", "verdict.alert", { received: CODES.going_away, words: "back soon", step });
      },
    ),
    challenged(
      "response-decision-timeout",
      "The deadline passes while the application decides",
      ["HS-121", "HS-095"],
      undecided,
      (s) => {
        s.response();
        s.call("server", { call: "deadline" });
        refusedByVerdict(s, "time.handshake", CODES.timeout);
      },
    ),
    challenged(
      "response-decision-reset",
      "A reset while the application decides: at once, and what was held is lost",
      ["ST-015"],
      undecided,
      (s) => {
        s.response();
        s.record("client", "Data", "held");
        s.reset("client");
        s.fails("server", "reset");
      },
    ),
    challenged(
      "response-given-up",
      "The application gives up in the place of its decision",
      ["HS-095", "AL-009"],
      undecided,
      (s) => {
        s.response();
        s.call("server", { call: "alert", code: CODES.cancelled, message: "" });
        refusedByVerdict(s, "alert", CODES.cancelled);
      },
    ),
  ];
}
