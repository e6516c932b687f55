/**
 * The vectors of a session's blob (spec/transfer.md). They are put together here, field by field from the page's table and
 * with Node's own BLAKE2b and ChaCha20-Poly1305: nothing of `src` has a part in them.
 */
import { createCipheriv, createHash, createHmac } from "node:crypto";

/** A blob, what it says, and what the session does next; or a blob that is refused, and why. */
export interface SessionVector {
  readonly slug: string;
  readonly title: string;
  readonly notice: string;
  readonly form: 1;
  readonly requirements: readonly string[];
  readonly session: SessionFields | null;
  readonly blob: string;
  /** The check that fails first (TR-016). */
  readonly fault: "size" | "magic" | "version" | "suite" | "length" | "checksum" | "field" | null;
  readonly next: Next | null;
}

/** Bytes in hexadecimal, 64-bit numbers in decimal. */
export interface SessionFields {
  readonly exporter: string;
  readonly serial: string;
  readonly role: "client" | "server";
  readonly state: "Open" | "HalfClosedLocal" | "HalfClosedRemote";
  readonly pongOwed: boolean;
  readonly pinged: boolean;
  readonly ended: boolean;
  readonly unflushed: boolean;
  readonly remotePublicKey: string;
  readonly localPublicKey: string;
  readonly context: string;
  readonly channelBinding: string;
  readonly ping: string | null;
  readonly silence: number;
  readonly exporterSecret: string;
  readonly sendingKey: string;
  readonly sendingCounter: string;
  readonly receivingKey: string;
  readonly receivingCounter: string;
  readonly unopened: string;
  readonly unread: string;
  readonly unsent: string;
}

/** What the imported channel makes of a Ping of its application's, without padding, and of its exporter. */
export interface Next {
  readonly pingBody: string;
  readonly record: string;
  readonly export: { readonly label: string; readonly context: string; readonly output: string };
}

const text = (words: string, length: number): string => Buffer.alloc(length, words).toString("hex");
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const zeros = (length: number): string => "00".repeat(length);

const plain: SessionFields = {
  exporter: "000102030405060708090a0b0c0d0e0f",
  serial: "0",
  role: "server",
  state: "Open",
  pongOwed: false,
  pinged: false,
  ended: false,
  unflushed: false,
  remotePublicKey: text("the client's public key (TEST)  ", 32),
  localPublicKey: text("the server's public key (TEST)  ", 32),
  context: zeros(32),
  channelBinding: text("h after the third message, TEST ", 64),
  ping: null,
  silence: 0,
  exporterSecret: text("the exporter's secret, TEST KEY ", 64),
  sendingKey: text("server to client, a TEST KEY.   ", 32),
  sendingCounter: "0",
  receivingKey: text("client to server, a TEST KEY.   ", 32),
  receivingCounter: "0",
  unopened: "",
  unread: "",
  unsent: "",
};

const asClient: SessionFields = {
  ...plain,
  role: "client",
  remotePublicKey: plain.localPublicKey,
  localPublicKey: plain.remotePublicKey,
  sendingKey: plain.receivingKey,
  receivingKey: plain.sendingKey,
};

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};
const u64 = (value: string): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
};
const hash = (input: Buffer): Buffer => createHash("blake2b512").update(input).digest();

/** TR-014, TR-017. */
function blobOf(one: SessionFields): Buffer {
  const flags =
    (one.pongOwed ? 1 : 0) +
    (one.ping === null ? 0 : 2) +
    (one.pinged ? 4 : 0) +
    (one.ended ? 8 : 0) +
    (one.unflushed ? 16 : 0);
  const states = ["Open", "HalfClosedLocal", "HalfClosedRemote"];
  const parts = [one.unopened, one.unread, one.unsent].map(bytes);
  const fields = Buffer.concat([
    ...[bytes(one.exporter), u64(one.serial)],
    Buffer.of(one.role === "client" ? 0 : 1, states.indexOf(one.state), flags),
    ...[bytes(one.remotePublicKey), bytes(one.localPublicKey), bytes(one.context)],
    ...[bytes(one.channelBinding), bytes(one.ping ?? zeros(8)), u32(one.silence)],
    ...parts.map(({ length }) => u32(length)),
    ...[bytes(one.exporterSecret), bytes(one.sendingKey), u64(one.sendingCounter)],
    ...[bytes(one.receivingKey), u64(one.receivingCounter), ...parts],
  ]);
  const head = Buffer.concat([Buffer.from("HWSS"), Buffer.of(1, 1), u32(10 + fields.length + 32)]);
  return sealedUp(Buffer.concat([head, fields]));
}

const sealedUp = (body: Buffer): Buffer => Buffer.concat([body, hash(body).subarray(0, 32)]);

/** The blob with bytes in the place of others, and a checksum that is right. */
function altered(blob: Buffer, at: number, ...put: readonly number[]): Buffer {
  const body = Buffer.from(blob.subarray(0, -32));
  body.set(put, at);
  return sealedUp(body);
}

function seal(key: Buffer, counter: bigint, plaintext: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(counter, 4);
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** RC-005: the rekey that is due comes first. */
function nextOf(one: SessionFields): Next {
  const counter = BigInt(one.sendingCounter);
  const isDue = counter > 0n && counter % 65_536n === 0n;
  const old = bytes(one.sendingKey);
  const key = isDue ? seal(old, 2n ** 64n - 1n, Buffer.alloc(32)).subarray(0, 32) : old;
  const pingBody = "70696e6720686572";
  const ciphertext = seal(key, counter, Buffer.concat([Buffer.of(4, 0, 8), bytes(pingBody)]));
  const length = Buffer.of(ciphertext.length >> 8, ciphertext.length & 0xff);
  const [label, context] = ["vector", "c0ffee"];
  const input = Buffer.concat([
    ...[Buffer.of(0, label.length), Buffer.from(label), Buffer.of(0, 3), bytes(context)],
  ]);
  const output = createHmac("blake2b512", bytes(one.exporterSecret)).update(input).digest("hex");
  return {
    pingBody,
    record: Buffer.concat([length, ciphertext]).toString("hex"),
    export: { label, context, output },
  };
}

const notice = "Every key in here is a TEST KEY, known to everybody: never use one for anything else.";

function good(
  slug: string,
  title: string,
  requirements: readonly string[],
  one: SessionFields,
): SessionVector {
  const blob = blobOf(one).toString("hex");
  // One Ping at a time, and none after the end of file.
  const next =
    one.ping === null && !one.ended && BigInt(one.sendingCounter) < 2n ** 64n - 2n ? nextOf(one) : null;
  return { slug, title, notice, form: 1, requirements, session: one, blob, fault: null, next };
}

function bad(
  slug: string,
  title: string,
  requirement: string,
  fault: SessionVector["fault"],
  blob: Buffer,
): SessionVector {
  const requirements = [requirement];
  return {
    slug,
    title,
    notice,
    form: 1,
    requirements,
    session: null,
    blob: blob.toString("hex"),
    fault,
    next: null,
  };
}

export function sessionVectors(): SessionVector[] {
  const blob = blobOf(plain);
  const remote: SessionFields = { ...plain, state: "HalfClosedRemote" };
  return [
    good("session-open", "A server's session as the handshake leaves it", ["TR-014", "TR-017"], plain),
    good("session-client", "A client's, with a context and some records sent", ["TR-014", "TR-021"], {
      ...asClient,
      context: Buffer.from("echo/1".padEnd(32, "\0")).toString("hex"),
      serial: "4294967296",
      sendingCounter: "17",
      receivingCounter: "3",
    }),
    good("session-parts", "Bytes in every part, half a record among them", ["TR-020", "TR-024", "TR-034"], {
      ...plain,
      unflushed: true,
      unopened: "0013aabbcc",
      unread: Buffer.from("read me first").toString("hex"),
      unsent: Buffer.from("send me first").toString("hex"),
    }),
    good("session-pings", "A Pong owed, a Ping outstanding, in a silence of an hour", ["TR-019", "TR-026"], {
      ...plain,
      ...{ pongOwed: true, unflushed: true, pinged: true, ping: "0102030405060708", silence: 3_600_000 },
    }),
    good("session-ping-unanswered", "A Ping outstanding, and a record that was opened since", ["TR-029"], {
      ...plain,
      ...{ ping: "0102030405060708", receivingCounter: "1" },
    }),
    good("session-rekey-due", "A rekeying is due in both directions", ["TR-022"], {
      ...plain,
      ...{ sendingCounter: "65536", receivingCounter: "131072" },
    }),
    good("session-last-counters", "No counter is left but for an Alert or a Close", ["TR-022"], {
      ...plain,
      ...{ sendingCounter: "18446744073709551614", receivingCounter: "18446744073709551615" },
    }),
    good("session-half-closed-local", "The own Close was sent", ["TR-004"], {
      ...plain,
      state: "HalfClosedLocal",
    }),
    good("session-ended", "The peer's Close and its end of file have come", ["TR-027", "TR-028"], {
      ...remote,
      ...{ ended: true, pinged: true, silence: 4_294_967_295 },
    }),
    good(
      "session-ended-quiet",
      "The same, and no Ping was sent since the last record",
      ["TR-027", "TR-029"],
      {
        ...remote,
        ...{ ended: true, receivingCounter: "1" },
      },
    ),
    bad("bad-empty", "Nothing", "TR-016", "size", Buffer.alloc(0)),
    bad("bad-cut", "A byte less than there has to be", "TR-016", "size", blob.subarray(0, 396)),
    bad("bad-magic", "Other first bytes", "TR-016", "magic", altered(blob, 0, 0x49)),
    bad("bad-version", "Another version", "TR-016", "version", altered(blob, 4, 2)),
    bad("bad-suite", "Another suite", "TR-016", "suite", altered(blob, 5, 2)),
    bad("bad-length", "A length that is one too many", "TR-016", "length", altered(blob, 9, 0x8e)),
    bad(
      "bad-trailing",
      "A byte behind the checksum",
      "TR-014",
      "length",
      Buffer.concat([blob, Buffer.of(0)]),
    ),
    bad(
      "bad-checksum",
      "A key altered and not the checksum",
      "TR-017",
      "checksum",
      Buffer.from(blob.map((byte, i) => (i === 300 ? byte ^ 1 : byte))),
    ),
    bad("bad-role", "Neither client nor server", "TR-018", "field", altered(blob, 34, 2)),
    bad("bad-state", "No state of these", "TR-018", "field", altered(blob, 35, 3)),
    bad("bad-flag", "A flag without a meaning", "TR-018", "field", altered(blob, 36, 32)),
    bad("bad-ping", "The body of a Ping that is not outstanding", "TR-019", "field", altered(blob, 204, 1)),
    bad(
      "bad-part-short",
      "Parts that leave something over",
      "TR-020",
      "field",
      altered(blobOf({ ...plain, unread: "aa" }), 216, 0),
    ),
    bad(
      "bad-part-long",
      "A part that goes beyond the end",
      "TR-020",
      "field",
      altered(blob, 217, 255, 255, 255, 255),
    ),
    bad("bad-context", "A context with a space", "TR-021", "field", altered(blob, 101, 0x61, 0x20, 0x61)),
    bad(
      "bad-context-end",
      "A context that goes on behind its end",
      "TR-021",
      "field",
      altered(blob, 101, 0x61, 0, 0x61),
    ),
    bad("bad-pong", "A Pong that is owed and was handed over", "TR-025", "field", altered(blob, 36, 1)),
    bad(
      "bad-unsent",
      "Bytes that wait and were handed over",
      "TR-025",
      "field",
      blobOf({ ...plain, unsent: "aa" }),
    ),
    bad("bad-ended-open", "An end of file before the peer's Close", "TR-027", "field", altered(blob, 36, 8)),
    bad(
      "bad-ended-partial",
      "An end of file inside a record",
      "TR-027",
      "field",
      blobOf({ ...remote, ended: true, unopened: "00" }),
    ),
    bad(
      "bad-ended-ping",
      "An end of file and a Ping",
      "TR-027",
      "field",
      blobOf({ ...remote, ended: true, ping: "0102030405060708" }),
    ),
    bad(
      "bad-pinged",
      "A Ping in the silence, and nothing known of it",
      "TR-028",
      "field",
      altered(blob, 36, 4),
    ),
  ];
}

export function sessionVectorText(vector: SessionVector): string {
  return `${JSON.stringify(vector, null, 2)}\n`;
}
