import { ascii, concat } from "../../protocol/bytes.ts";
import { alertBody, plain, types } from "../peer/plaintext.ts";
import { none } from "../peer/schedule.ts";
import { bytesFromHex } from "../shim/hex.ts";

/** Something wrong inside a record that authenticates. */
export interface Misformed {
  readonly name: string;
  readonly plaintext: Uint8Array;
  readonly requirements: string;
  /** It is of type Alert, and so ends the connection in silence (AL-024). */
  readonly isAlert: boolean;
}

const zeros = (length: number) => new Uint8Array(length);
const ones = (length: number) => new Uint8Array(length).fill(1);
const hex = (text: string) => bytesFromHex(text) ?? none;
const at = (length: number, index: number) => {
  const bytes = zeros(length);
  bytes[index] = 1;
  return bytes;
};

function misformed(isAlert: boolean, rows: readonly (readonly [string, string, Uint8Array])[]): Misformed[] {
  return rows.map(([name, requirements, plaintext]) => ({ name, requirements, plaintext, isAlert }));
}

/** Records of which RC-014 to RC-017 say no. */
export const misformedRecords: readonly Misformed[] = [
  ...misformed(false, [
    ["type-6", "RC-014 RC-019", plain(6, ascii("x"))],
    ["type-255", "RC-014 RC-019", plain(255)],
    ["type-as-u16", "RC-014 RC-019 RC-001", concat(Uint8Array.of(8), plain(types.data, ascii("x")))],
    ["size-past-end", "RC-015 RC-019", plain(types.data, ascii("abc"), { size: 4 })],
    ["size-past-end-by-the-tag", "RC-015 RC-019", plain(types.data, ascii("abc"), { size: 19 })],
    ["size-largest", "RC-015 RC-019", plain(types.data, ascii("abc"), { size: 65_535 })],
    ["size-of-nothing", "RC-015 RC-019", plain(types.data, none, { size: 1 })],
    ["size-little-endian", "RC-015 RC-019 NO-002", plain(types.data, ascii("x"), { size: 256 })],
    ["padding-first-byte", "RC-016 RC-019", plain(types.data, ascii("x"), { padding: at(40, 0) })],
    ["padding-last-byte", "RC-016 RC-019", plain(types.data, ascii("x"), { padding: at(40, 39) })],
    ["padding-middle-byte", "RC-016 RC-019", plain(types.data, ascii("x"), { padding: at(3_000, 1_500) })],
    ["size-too-small", "RC-016 RC-019", plain(types.data, ascii("abc"), { size: 2 })],
    ["data-empty", "RC-025 RC-017 RC-019", plain(types.data)],
    ["data-empty-padded", "RC-025 RC-017 RC-019", plain(types.data, none, { padding: zeros(60) })],
    ["accept-with-body", "RC-017 RC-019 RC-051", plain(types.accept, ascii("x"))],
    ["close-with-body", "RC-017 RC-019 RC-051", plain(types.close, ascii("x"))],
    ["close-bad-padding", "RC-016 RC-019", plain(types.close, none, { padding: ones(1) })],
    ["close-size-past-end", "RC-015 RC-019", plain(types.close, none, { size: 3 })],
    ["ping-empty", "RC-017 RC-019 RC-051", plain(types.ping)],
    ["ping-short", "RC-017 RC-019 RC-051", plain(types.ping, zeros(7))],
    ["ping-long", "RC-017 RC-019 RC-051", plain(types.ping, zeros(9))],
    ["ping-bad-padding", "RC-016 RC-019", plain(types.ping, zeros(8), { padding: ones(8) })],
    ["pong-empty", "RC-017 RC-019 RC-051", plain(types.pong)],
    ["pong-short", "RC-017 RC-019 RC-051", plain(types.pong, zeros(7))],
    ["pong-long", "RC-017 RC-019 RC-051", plain(types.pong, zeros(9))],
  ]),
  ...misformed(true, [
    ["alert-empty", "AL-024 RC-017", plain(types.alert)],
    ["alert-one-byte", "AL-024 RC-017", plain(types.alert, Uint8Array.of(5))],
    ["alert-code-0", "AL-024 RC-017", plain(types.alert, alertBody(0))],
    ["alert-words-too-long", "AL-024 RC-017 AL-011", plain(types.alert, alertBody(5, zeros(1_025).fill(97)))],
    ["alert-largest-words", "AL-024 RC-017 AL-011", plain(types.alert, alertBody(5, zeros(65_000).fill(97)))],
    ["alert-size-past-end", "AL-024 RC-015", plain(types.alert, alertBody(5), { size: 3 })],
    ["alert-bad-padding", "AL-024 RC-016", plain(types.alert, alertBody(5), { padding: ones(1) })],
    ["alert-lone-byte-80", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("6180")))],
    ["alert-byte-ff", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("ff")))],
    ["alert-overlong-slash", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("c0af")))],
    ["alert-overlong-euro", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("f08282ac")))],
    ["alert-surrogate", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("eda080")))],
    ["alert-surrogate-pair", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("eda0bdedb880")))],
    ["alert-past-10ffff", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("f4908080")))],
    ["alert-cut-character", "AL-024 AL-025", plain(types.alert, alertBody(5, hex("61e282")))],
  ]),
];

/** Words that are right, however odd. */
export const oddWords: Readonly<Record<string, Uint8Array>> = {
  "byte-order-mark": hex("efbbbf61"),
  controls: hex("00011b5b33316d07"),
  "line-separators": hex("e280a8e280a90a0d"),
  "bidirectional-marks": hex("e280aee281a6"),
  "largest-code-point": hex("f48fbfbf"),
  noncharacter: hex("efbfbe"),
  "longest-words": zeros(1_024).fill(0x7a),
  "not-normalised": hex("65cc81"),
};
