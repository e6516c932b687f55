import { alertBody } from "../src/protocol/record/alert.ts";
import { parsePlaintext, recordTypes, writePlaintext } from "../src/protocol/record/plaintext.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { judgePlaintext } from "./support/wire.ts";

/** The plaintext as it stands; a record's has 3 bytes at least and 65,519 at most (RC-012). */
export const lengths = { usual: 64, longest: 65_519 };

const nothing = new Uint8Array(0);

/**
 * A plaintext is refused by the same check as by the generated parser, or what it is found to hold makes the same bytes
 * again. It takes no memory of its own.
 */
export function fuzz(data: Uint8Array): void {
  if (data.length < 3 || data.length > lengths.longest) return;
  const plaintext = new Uint8Array(data);
  const found = parsePlaintext(plaintext);
  checkSameBytes(plaintext, data, "the input is only read");
  const expected = judgePlaintext(plaintext);
  if ("fault" in found || "fault" in expected) {
    const [own, other] = [found, expected].map((verdict) => ("fault" in verdict ? verdict.fault : "taken"));
    check(own === other, `${own}, and by the generated parser ${other}`);
    check(!("fault" in found) || found.alert === (plaintext[0] === 1), "whether it is an Alert");
    return;
  }
  check(recordTypes[found.type] === expected.type, `taken for ${found.type}, not type ${expected.type}`);
  const body =
    "body" in found ? found.body : found.type === "alert" ? alertBody(found.code, found.message) : nothing;
  // No memory of its own: a body lies where the plaintext does, and a message is no longer than its bytes.
  check(!("body" in found) || found.body.buffer === plaintext.buffer, "memory: the body is a copy");
  check(
    found.type !== "alert" || found.message.length <= plaintext.length,
    "memory: a message out of nothing",
  );
  checkSameBytes(body, expected.body, "the body");
  const again = new Uint8Array(plaintext.length);
  writePlaintext(again, found.type, body, plaintext.length);
  checkSameBytes(again, plaintext, "the plaintext, written again");
}
