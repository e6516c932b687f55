import {
  encodeRequest,
  encodeResponse,
  FixedFrames,
  parseRequest,
  parseResponse,
  requestLength,
  responseLength,
} from "../src/agent/wire.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { Input } from "./support/input.ts";

/** Whose messages (bit 0), whether their first bytes are mended (bit 1), how they are cut, then the stream. */
export const lengths = { usual: 260, longest: 2_000 };

/** The tables of the specification, read anew: whether 76 bytes are a request. */
function isRequest(frame: Uint8Array): boolean {
  const text = Buffer.from(frame);
  if (text.toString("latin1", 0, 4) !== "HWKA" || frame[4] !== 1) return false;
  if (frame[5] === 1) return text.readUInt16BE(6) === 0;
  return frame[5] === 2 && text.toString("hex", 12) === "00".repeat(64);
}

/** Whether 44 bytes are a response, as far as the question does not decide. */
function isResponse(frame: Uint8Array): boolean {
  const text = Buffer.from(frame);
  if (text.toString("latin1", 0, 4) !== "HWKR" || frame[4] !== 1) return false;
  const isZero = text.toString("hex", 12) === "00".repeat(32);
  const count = text.readUInt16BE(6);
  if (frame[5] === 0) return !isZero && count <= 16;
  return (frame[5] as number) <= 3 && isZero && count === 0;
}

/** AG-002 to AG-007: the same messages however the stream is cut, each taken just when the tables say so, and of one form. */
export function fuzz(data: Uint8Array): void {
  if (data.length > lengths.longest) return;
  const input = new Input(data);
  const how = input.u8();
  const cut = 1 + (input.u8() % 120);
  const stream = input.rest();
  const isOfAsker = (how & 1) === 0;
  const size = isOfAsker ? requestLength : responseLength;
  for (let at = 0; (how & 2) !== 0 && at + 5 <= stream.length; at += size)
    stream.set([0x48, 0x57, 0x4b, isOfAsker ? 0x41 : 0x52, 1], at);
  const before = stream.slice();
  const frames = new FixedFrames(size);
  const found: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += cut) found.push(...frames.push(stream.subarray(at, at + cut)));
  checkSameBytes(stream, before, "what came is only read");
  const whole = stream.subarray(0, Math.floor(stream.length / size) * size);
  checkSameBytes(new Uint8Array(Buffer.concat(found)), whole, "the messages, joined");
  for (const frame of found) {
    check(frame.length === size, `a message of ${frame.length} bytes`);
    if (isOfAsker) {
      const request = parseRequest(frame);
      check((request !== undefined) === isRequest(frame), "the tables do not agree on a request");
      if (request !== undefined) checkSameBytes(encodeRequest(request), frame, "the request, written again");
    } else {
      const response = parseResponse(frame);
      check((response !== undefined) === isResponse(frame), "the tables do not agree on a response");
      if (response !== undefined)
        checkSameBytes(encodeResponse(response), frame, "the response, written again");
    }
  }
}
