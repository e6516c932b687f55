/** Why: who meets a failure reads these words first, and often nothing else. */
import { describe, expect, it } from "vitest";
import { explainFailure } from "./explain.ts";
import { failureOf, type Reason } from "./failure.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);

describe("an explanation", () => {
  const text = (words: string, length = words.length) => {
    const bytes = new Uint8Array(length);
    bytes.set(new TextEncoder().encode(words));
    return bytes;
  };
  const cause = new Error("gone");

  it.each<[Reason, happened: string, expected: string, advice: string]>([
    [
      { code: "not_hawser", bytes: text("HTTP/1.1"), protocol: "HTTP" },
      "The peer speaks HTTP, not Hawser.",
      "Hawser's handshake.",
      "Check host and port at both ends.",
    ],
    [
      { code: "not_hawser", bytes: text("abcdefgh"), protocol: undefined },
      "The peer speaks something else (first bytes 6162636465666768), not Hawser.",
      "Hawser's handshake.",
      "Check host and port at both ends.",
    ],
    [
      { code: "unsupported_header", peer: { version: 2, suite: 3, flags: 4 } },
      "The client asks for version 2, suite 3, flags 4.",
      "Version 1, suite 1, flags 0.",
      "Bring both ends to releases that speak one version; nobody falls back by itself.",
    ],
    [
      { code: "hint", peer: { version: 2, suite: 1, flags: 0 }, same: false },
      "The peer says that it speaks version 2, suite 1. Nothing authenticates this.",
      "Version 1, suite 1.",
      "Bring both ends to releases that speak one version; nobody falls back by itself.",
    ],
    [
      { code: "hint", peer: { version: 1, suite: 1, flags: 0 }, same: true },
      "The peer sent back this side's own header and ended: the Hello was altered on the way, or refused. Nothing authenticates this.",
      "A Challenge.",
      "Look for a proxy that changes bytes, and at the server's log.",
    ],
    [
      { code: "no_answer" },
      "The peer ended the connection without a word.",
      "A Challenge.",
      "The server may be in stealth mode and not have the via key used here, may not speak Hawser, or may have been too busy: check the key, host and port.",
    ],
    [
      { code: "truncated", state: "Open" },
      "The transport ended in state Open, before the peer said that it was done.",
      "A Close or an Alert from the peer.",
      "What was delivered is genuine and may be incomplete: treat it as cut off. Look for a crash, a time-out or a broken path at the other end.",
    ],
    [
      { code: "truncated", state: "Open", cause },
      "The transport ended in state Open, before the peer said that it was done (gone).",
      "A Close or an Alert from the peer.",
      "What was delivered is genuine and may be incomplete: treat it as cut off. Look for a crash, a time-out or a broken path at the other end.",
    ],
    [
      { code: "truncated", state: "AwaitVerdict", cause: "gone" },
      "The transport ended in state AwaitVerdict, before the peer said that it was done.",
      "A Close or an Alert from the peer.",
      "Nothing was delivered. Check that the other end runs and can be reached, and look at its log.",
    ],
    [
      { code: "abandoned" },
      "The client went away during the handshake.",
      "The client's Response.",
      "It may have rejected this server's key, or only asked for it (a first contact): compare the key it expects with this server's.",
    ],
    [
      { code: "abandoned", cause },
      "The client went away during the handshake (gone).",
      "The client's Response.",
      "It may have rejected this server's key, or only asked for it (a first contact): compare the key it expects with this server's.",
    ],
    [
      { code: "zero_dh" },
      "The client sent a low-order point as its key.",
      "An X25519 public key.",
      "No honest client does so: the peer is broken or an attacker.",
    ],
    [
      { code: "bad_challenge", fault: "unauthentic" },
      "The server's answer does not authenticate.",
      "A Challenge made for this connection's Hello.",
      "The peer may be no Hawser server: check host and port. If it is one, something on the way changes bytes.",
    ],
    [
      { code: "bad_challenge", fault: "zero" },
      "The server's answer does not authenticate.",
      "A Challenge made for this connection's Hello.",
      "The peer may be no Hawser server: check host and port. If it is one, something on the way changes bytes.",
    ],
    [
      { code: "server_key_mismatch", expected: key(1), received: key(2) },
      "The server's key is key 2.",
      "The key key 1.",
      "This is another server, or an impostor: nothing about this client was shown to it. If the server has a new key, get that key from its owner by a way you trust.",
    ],
    [
      { code: "server_key_mismatch", expected: key(1), received: key(2), via: key(3) },
      "The server's key is key 2.",
      "The key key 1.",
      "The middlebox (via key key 3) led to another server, or this is an impostor: nothing about this client was shown to it. Ask whoever runs the middlebox where it leads.",
    ],
    [
      { code: "refused", by: "server", alert: 9, publicKey: key(1) },
      "The server refused the connection: busy.",
      "A Challenge with code 0.",
      "Try again later, or ask whoever runs it.",
    ],
    [
      { code: "refused", by: "middlebox", alert: 4, publicKey: key(1) },
      "The middlebox refused the connection: no_route.",
      "A Challenge with code 0.",
      "Try again later, or ask whoever runs it.",
    ],
    [
      { code: "refused", by: "unauthenticated", alert: 11, publicKey: key(1) },
      "Whoever answered refused the connection: unreachable.",
      "A Challenge with code 0.",
      "Anybody on the way could have said so, as no server key was expected: try again, with the server's key if you know it.",
    ],
    [
      { code: "untrusted", publicKey: key(1) },
      "The server's key key 1 was not trusted.",
      "A trusted key.",
      "Compare it with the key that the server's owner names.",
    ],
    [
      { code: "hello_refused", alert: 9, message: "" },
      "The client was refused before it showed who it is: busy.",
      "A Hello that this server serves.",
      "Nothing, if that was meant: it is a limit of this server's, or its end.",
    ],
    [
      { code: "hello_refused", alert: 8, message: "" },
      "The client was refused before it showed who it is: going_away.",
      "A Hello that this server serves.",
      "Nothing, if that was meant: it is a limit of this server's, or its end.",
    ],
    [
      { code: "hello_refused", alert: 4, message: "why" },
      "The client was refused before it showed who it is: no_route.",
      "A Hello that this server serves.",
      "If it should have been served, check this server's keys and routes.",
    ],
    [
      { code: "route_unopened" },
      "The client does not know this server's via key; nothing was sent (stealth mode).",
      "A route to one of this server's keys.",
      "An honest client needs this server's present key.",
    ],
    [
      { code: "bad_response", fault: "zero" },
      "The client's Response does not authenticate.",
      "A Response made for this connection.",
      "Something on the way changes bytes, or the client is broken.",
    ],
    [
      { code: "bad_response", fault: "unauthentic" },
      "The client's Response does not authenticate.",
      "A Response made for this connection.",
      "Something on the way changes bytes, or the client is broken.",
    ],
    [
      { code: "wrong_context", received: text("redis", 32), publicKey: key(1) },
      'The client wants the context "redis".',
      "A context that this server serves.",
      "Name the same context at both ends.",
    ],
    [
      { code: "wrong_context", received: text("r".repeat(32)), publicKey: key(1) },
      'The client wants the context "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr".',
      "A context that this server serves.",
      "Name the same context at both ends.",
    ],
    [
      { code: "wrong_context", received: text("", 32), publicKey: key(1) },
      "The client wants the context (none).",
      "A context that this server serves.",
      "Name the same context at both ends.",
    ],
    [
      { code: "wrong_context", received: text("a\u001b", 32), publicKey: key(1) },
      "The client wants the context 611b000000000000000000000000000000000000000000000000000000000000.",
      "A context that this server serves.",
      "Name the same context at both ends.",
    ],
    [
      { code: "wrong_context", received: text("\u001ba", 32), publicKey: key(1) },
      "The client wants the context 1b61000000000000000000000000000000000000000000000000000000000000.",
      "A context that this server serves.",
      "Name the same context at both ends.",
    ],
    [
      { code: "denied", alert: 3, message: "" },
      "The client was not let in: not_authorized.",
      "A client that is let in.",
      "If it should be let in, add its key to those that are authorized.",
    ],
    [
      { code: "denied", alert: 1, message: "why" },
      'The client was not let in: internal_error, in its words "why".',
      "A client that is let in.",
      "The decision failed, and was none: its error is the cause of this one, where there is one.",
    ],
    [
      { code: "bad_record", check: "length" },
      "A record is not as it should be: no record has its length.",
      "A record that authenticates and parses.",
      "Bytes were changed, lost or repeated on the way, or the peer is broken; connect anew.",
    ],
    [
      { code: "bad_record", check: "cipher" },
      "A record is not as it should be: it does not authenticate.",
      "A record that authenticates and parses.",
      "Bytes were changed, lost or repeated on the way, or the peer is broken; connect anew.",
    ],
    [
      { code: "bad_record", check: "padding" },
      "A record is not as it should be: its padding is not all zeros.",
      "A record that authenticates and parses.",
      "Bytes were changed, lost or repeated on the way, or the peer is broken; connect anew.",
    ],
    [
      { code: "unexpected_record", type: "accept", state: "Open" },
      "A record of type accept came in state Open.",
      "A record that the state allows.",
      "The peer is broken: report it to whoever makes it.",
    ],
    [
      { code: "malformed_alert", check: "body" },
      "The peer's Alert is not as it should be: its content is not what its type wants.",
      "An Alert with a code and a message in UTF-8.",
      "The peer is broken: report it to whoever makes it.",
    ],
    [
      { code: "alert_received", alert: 0x8001, message: "why" },
      'The peer ended the connection: alert 0x8001, in its words "why".',
      "The peer's Close.",
      "The reason is the peer's; what it sent before is complete up to here.",
    ],
    [
      { code: "alert_received", alert: 9, message: "" },
      "The peer ended the connection: busy.",
      "To be let in.",
      "Try again later.",
    ],
    [
      { code: "alert_received", alert: 0x7fff, message: "" },
      "The peer ended the connection: alert 0x7fff.",
      "The peer's Close.",
      "The reason is the peer's; what it sent before is complete up to here.",
    ],
    [
      { code: "timeout", what: "handshake", state: "AwaitChallenge" },
      "The handshake was not over by its deadline (state AwaitChallenge).",
      "A handshake within the deadline.",
      "What listens there may be no Hawser server: check host and port, and look at the server's log. A server in stealth mode answers only who knows its key. Raise the deadline if the path is slow.",
    ],
    [
      { code: "timeout", what: "handshake", state: "Judging" },
      "The handshake was not over by its deadline (state Judging).",
      "A handshake within the deadline.",
      "The peer or the path is too slow; raise the deadline if it should be.",
    ],
    [
      { code: "timeout", what: "handshake", state: "Deciding" },
      "The handshake was not over by its deadline (state Deciding).",
      "A handshake within the deadline.",
      "The peer or the path is too slow; raise the deadline if it should be.",
    ],
    [
      { code: "timeout", what: "liveness", state: "Open" },
      "The peer has been silent for longer than liveness allows.",
      "A sign of life.",
      "The peer or the path is gone, or its application does not read; connect anew.",
    ],
    [
      { code: "cancelled", alert: 12, message: "" },
      "This side gave up: cancelled.",
      "The connection's end.",
      "Nothing, if that was meant.",
    ],
    [
      { code: "cancelled", alert: 0x8001, message: "why" },
      'This side gave up: alert 0x8001, in its words "why".',
      "The connection's end.",
      "Nothing, if that was meant.",
    ],
    [
      { code: "key_holder_failed", cause },
      "The long-term key could not be used (gone).",
      "A DH from the key holder.",
      "Look at the process or token that holds the key.",
    ],
    [
      { code: "key_holder_failed", cause: "gone" },
      "The long-term key could not be used.",
      "A DH from the key holder.",
      "Look at the process or token that holds the key.",
    ],
    [
      { code: "nonces_exhausted" },
      "This connection has used up its nonces.",
      "Fewer than 2^64 records.",
      "Connect anew.",
    ],
  ])("of %j says what happened, what was expected, and what to do", (reason, happened, expected, advice) => {
    const shown = explainFailure(failureOf(reason, undefined), (publicKey) => `key ${publicKey[0]}`);
    expect(shown).toEqual({ happened, expected, advice });
  });

  it("shows keys in hexadecimal digits unless it is told how", () => {
    const { happened } = explainFailure(failureOf({ code: "untrusted", publicKey: key(0x0a) }, undefined));
    expect(happened).toBe(`The server's key ${"0a".repeat(32)} was not trusted.`);
  });
});
