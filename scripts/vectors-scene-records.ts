/** The records of a scene, under the transport's keys. */
import {
  ascii,
  concat,
  seal as sealBytes,
  sha256,
  toHex,
  u16,
  zeros,
} from "../properties/reference/primitives.ts";
import {
  blockPadding,
  type Direction,
  encodePlaintext,
  noPadding,
  sealRecord,
  typeNumber,
} from "../properties/reference/record.ts";
import type { Role, StepFields } from "./vectors-format.ts";
import { arrives } from "./vectors-scene-handshake.ts";
import type { Alter, Setting } from "./vectors-setting.ts";
import type { Scene } from "./vectors-stage.ts";

export const digest = (bytes: Uint8Array) => ({ length: bytes.length, sha256: toHex(sha256(bytes)) });
export const other = (role: Role): Role => (role === "client" ? "server" : "client");

export type RecordActs = Pick<Scene, "record" | "hostile" | "filled" | "missealed" | "replay" | "repeat">;

/**
 * What happens goes to `steps`, and what is delivered of it to `delivered`.
 *
 * @param transport both directions, which go on with each record; an error before the Response
 */
export function recordActs(
  setting: Setting,
  steps: StepFields[],
  delivered: Record<Role, Uint8Array[]>,
  transport: () => Record<Role, Direction>,
): RecordActs {
  const isLetIn = setting.decision === undefined || setting.decision === "accept";

  function seal(from: Role, name: string, plaintext: Uint8Array, alter?: Alter, waited?: true): void {
    const directions = transport();
    const direction = directions[from];
    const sealed = sealRecord(direction, plaintext);
    directions[from] = sealed.next;
    steps.push({
      kind: "record",
      name,
      from,
      under: "transport",
      key: toHex(sealed.key),
      nonce: String(direction.nonce),
      plaintext: toHex(plaintext),
      bytes: toHex(sealed.wire),
      arrives: arrives(sealed.wire, alter),
      ...(waited === undefined ? {} : { waited }),
    });
  }

  return {
    record(from, type, body = zeros(0), waited) {
      const bytes = typeof body === "string" ? ascii(body) : body;
      const length = setting.paddingBlock === undefined ? noPadding : blockPadding(setting.paddingBlock);
      const plaintext = encodePlaintext(typeNumber(type), bytes, length(3 + bytes.length));
      seal(from, type, plaintext, undefined, waited);
      if (type === "Data" && isLetIn) delivered[other(from)].push(bytes);
    },

    hostile(from, name, plaintext, alter) {
      seal(from, name, plaintext, alter);
    },

    filled(from, size, { plaintextLength = 3 + size, waited } = {}) {
      const directions = transport();
      const body = new Uint8Array(size).fill(0x61);
      const direction = directions[from];
      const sealed = sealRecord(direction, encodePlaintext(0, body, plaintextLength));
      directions[from] = sealed.next;
      delivered[other(from)].push(body);
      steps.push({
        kind: "filled",
        name: "Data",
        from,
        key: toHex(sealed.key),
        nonce: String(direction.nonce),
        byte: "61",
        size,
        plaintextLength,
        ...digest(sealed.wire),
        ...(waited === undefined ? {} : { waited }),
      });
    },

    missealed(from, direction) {
      const plaintext = encodePlaintext(0, ascii("not delivered"));
      // As told, without the rekeying that would be due.
      const ciphertext = sealBytes(direction.key, direction.nonce, zeros(0), plaintext);
      const wire = concat(u16(ciphertext.length), ciphertext);
      steps.push({
        kind: "record",
        name: "Data",
        from,
        under: "transport",
        key: toHex(direction.key),
        nonce: String(direction.nonce),
        plaintext: toHex(plaintext),
        bytes: toHex(wire),
        arrives: null,
      });
    },

    replay(from) {
      const last = steps.at(-1);
      if (last?.kind !== "record" || last.from !== from) throw new Error("nothing to replay");
      steps.push(last);
    },

    repeat(from, count) {
      const directions = transport();
      const plaintext = encodePlaintext(typeNumber("Data"), zeros(1));
      const firstNonce = directions[from].nonce;
      const wires: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const sealed_ = sealRecord(directions[from], plaintext);
        wires.push(sealed_.wire);
        directions[from] = sealed_.next;
      }
      delivered[other(from)].push(zeros(count));
      const whole = concat(...wires);
      steps.push({
        kind: "repeat",
        name: "Data",
        from,
        count,
        key: toHex(directions[from].key),
        firstNonce: String(firstNonce),
        plaintext: toHex(plaintext),
        ...digest(whole),
      });
    },
  };
}
