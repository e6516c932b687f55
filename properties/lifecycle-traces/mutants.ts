import type { Primitives } from "../../src/crypto/primitives.ts";
import type { Cell, Role, Table } from "../../src/protocol/machine/table.ts";
import { table } from "../../src/protocol/machine/table.ts";
import { encodeNonce } from "../../src/protocol/noise/cipher-state.ts";

/** What a driver does otherwise than it should. */
export interface DriverFaults {
  /** Closes the transport where it should half-close and drain. */
  readonly closesAtOnce?: true;
  /** Half-closes the transport behind the first Close. */
  readonly halfClosesAtClose?: true;
  /** Does not report what it has handed over before it hands in later input. */
  readonly flushesLate?: true;
  /** Reports an end of file that it hears of before it has handed in what came before. */
  readonly endOvertakes?: true;
}

/** What both ends are made of. Nothing named: the real one. */
export interface Implementation {
  readonly table?: Table;
  /** Wraps the primitives of one end. */
  readonly primitives?: (primitives: Primitives) => Primitives;
  readonly driver?: DriverFaults;
  /** In milliseconds. */
  readonly drainTimeout?: number;
}

export interface Mutant {
  /** The requirement that it does not keep. */
  readonly against: string;
  readonly made: Implementation;
  /** In which step of its trace, counted from 1, the real implementation does something else; or only after the last. */
  readonly realDiffersIn: number | "the end";
}

/** As the specification says. */
export const real: Implementation = {};

const withoutSequence: Implementation = { primitives: anyNonce };
const withOneKey: Implementation = { primitives: eitherKey };
const withoutTag: Implementation = { primitives: noTag };

/**
 * The mutants of spec/model/lifecycle/mutants.json, made of the real channels: by cells of the table, by the driver,
 * or by the primitives. None needs another source.
 */
export const mutants: Readonly<Record<string, Mutant>> = {
  "eof-clean": {
    against: "SC-006",
    made: {
      table: changed((cell, event, row, state) =>
        event === "eof" && (state === "Open" || state === "HalfClosedLocal")
          ? (row["record.close"] ?? cell)
          : cell,
      ),
    },
    realDiffersIn: 4,
  },
  "no-sequence": { against: "SC-005", made: withoutSequence, realDiffersIn: 6 },
  "no-sequence-back": { against: "SC-005", made: withoutSequence, realDiffersIn: 6 },
  "one-key": { against: "HS-105", made: withOneKey, realDiffersIn: 5 },
  "one-key-close": { against: "HS-105", made: withOneKey, realDiffersIn: 5 },
  "no-tag": { against: "RC-019", made: withoutTag, realDiffersIn: 5 },
  "no-tag-alert": { against: "RC-019", made: withoutTag, realDiffersIn: 3 },
  "alert-not-terminal": {
    against: "AL-022",
    made: { table: changed((cell, event, _, state) => (isAlert(event) ? { to: state, outputs: [] } : cell)) },
    realDiffersIn: 3,
  },
  "half-close-early": { against: "RC-031", made: { driver: { halfClosesAtClose: true } }, realDiffersIn: 3 },
  "no-drain": { against: "AL-017", made: { driver: { closesAtOnce: true } }, realDiffersIn: 1 },
  "no-drain-closing": { against: "RC-036", made: { driver: { closesAtOnce: true } }, realDiffersIn: 7 },
  "early-delivery": {
    against: "HS-088",
    // The server is open and has sealed its Accept as soon as the Response is there; the driver holds that back until
    // the application has decided.
    made: {
      table: changed((cell, event, _, state) => {
        if (event === "response.ok") return { to: "Open", outputs: [...cell.outputs, "send.verdict.accept"] };
        return state === "Open" && event === "accept" ? { to: state, outputs: [] } : cell;
      }),
    },
    realDiffersIn: 3,
  },
  "eof-overtakes": {
    against: "ST-013",
    made: {
      driver: { endOvertakes: true },
      table: changed((cell, event, _, state) =>
        state === "Deciding" && event === "eof"
          ? { to: "Failed", outputs: ["failed", "closeTransport"] }
          : cell,
      ),
    },
    realDiffersIn: 3,
  },
  "alert-answered": {
    against: "AL-013",
    made: {
      table: changed((cell, event) =>
        isAlert(event)
          ? { to: "Failed", outputs: ["alert", "send.alert:cancelled", "failed", "closeTransport"] }
          : cell,
      ),
    },
    realDiffersIn: 2,
  },
  "ping-after-alert": {
    against: "AL-006",
    made: {
      table: changed((cell, event, _, state) =>
        state === "Open" && event === "alert" ? { ...cell, to: "HalfClosedLocal" } : cell,
      ),
    },
    realDiffersIn: 6,
  },
  "late-flush": { against: "RC-041", made: { driver: { flushesLate: true } }, realDiffersIn: 9 },
  "data-after-close": {
    against: "RC-030",
    made: {
      table: changed((cell, event, _, state) =>
        state === "HalfClosedRemote" && event === "record.data" ? { to: state, outputs: ["data"] } : cell,
      ),
    },
    realDiffersIn: 7,
  },
  "no-drain-deadline": {
    against: "ST-028",
    made: { drainTimeout: Number.POSITIVE_INFINITY },
    realDiffersIn: "the end",
  },
};

/** An end that may write after its Close, as a rude peer does. */
export function rude(of: Table = table): Table {
  return changed(
    (cell, event, _, state) =>
      state === "HalfClosedLocal" && event === "write" ? { to: state, outputs: ["send.data"] } : cell,
    of,
  );
}

type State = Cell["to"];
type Change = (cell: Cell, event: string, row: Readonly<Record<string, Cell>>, state: State) => Cell;

/** The table, of both roles, with some cells changed. */
function changed(change: Change, of: Table = table): Table {
  const ofRole = (role: Role) =>
    Object.fromEntries(
      Object.entries(of[role]).map(([state, row]) => [
        state,
        Object.fromEntries(
          Object.entries(row).map(([event, cell]) => [event, change(cell, event, row, state as State)]),
        ),
      ]),
    );
  return { client: ofRole("client"), server: ofRole("server") };
}

/** An alert of the peer's. */
function isAlert(event: string): boolean {
  return event === "verdict.alert" || event === "record.alert";
}

/** Opens a record whatever its nonce, as far as the first sixteen. */
function anyNonce(primitives: Primitives): Primitives {
  return {
    ...primitives,
    open: (key, nonce, associatedData, ciphertext, out) => {
      const nonces = [nonce, ...Array.from({ length: 16 }, (_, counter) => encodeNonce(BigInt(counter)))];
      return nonces.some((tried) => primitives.open(key, tried, associatedData, ciphertext, out));
    },
  };
}

/** One key for both directions: what was sealed under the own key opens as what was sealed under the peer's does. */
function eitherKey(primitives: Primitives): Primitives {
  let own: Uint8Array | undefined;
  return {
    ...primitives,
    seal: (key, nonce, associatedData, plaintext, out) => {
      own = key.slice();
      primitives.seal(key, nonce, associatedData, plaintext, out);
    },
    open: (key, nonce, associatedData, ciphertext, out) =>
      primitives.open(key, nonce, associatedData, ciphertext, out) ||
      (own !== undefined && primitives.open(own, nonce, associatedData, ciphertext, out)),
  };
}

/** Decrypts without looking at the tag: ChaCha20 is its own inverse. RFC 8439 §2.4, §2.8. */
function noTag(primitives: Primitives): Primitives {
  return {
    ...primitives,
    open: (key, nonce, associatedData, ciphertext, out) => {
      const again = new Uint8Array(ciphertext.length);
      primitives.seal(key, nonce, associatedData, ciphertext.slice(0, out.length), again);
      out.set(again.subarray(0, out.length));
      return true;
    },
  };
}
