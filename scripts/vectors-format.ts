/** The test vectors' format, which spec/vectors/schema.json says in full, and how one is written to a file. */
import type { Trace } from "../properties/reference/noise.ts";
import { toHex } from "../properties/reference/primitives.ts";
import { CODES } from "../properties/reference/talk.ts";

export type Role = "client" | "server";

export interface KeyPairFields {
  readonly secret: string;
  readonly public: string;
}

export interface ClientFields {
  readonly longTerm: KeyPairFields;
  readonly ephemeral: KeyPairFields;
  readonly serverKey: string | null;
  readonly viaKey: string | null;
  readonly randomRoute: string | null;
  readonly context: string;
  readonly paddingBlock: number | null;
  /** First use: the application does not trust the key that it is shown. Absent: it does. */
  readonly rejects?: true;
}

export interface ServerFields {
  readonly longTerm: readonly KeyPairFields[];
  readonly ephemeral: KeyPairFields;
  readonly contexts: readonly string[] | null;
  readonly application: boolean;
  readonly stealth: boolean;
  readonly limit: number | null;
  readonly decision: "accept" | { readonly code: number; readonly message: string } | null;
  readonly paddingBlock: number | null;
  /** A middlebox that knows these servers. Absent: it knows none. */
  readonly knows?: readonly { readonly serverKey: string; readonly reached: boolean }[];
}

export interface TraceFields {
  readonly token: string;
  readonly h: string;
  readonly ck: string;
  readonly k: string | null;
  readonly n: number;
}

export type StepFields =
  | {
      readonly kind: "message";
      readonly name: "Hello" | "Challenge" | "Response" | "Hint";
      readonly from: Role;
      readonly bytes: string;
      readonly arrives: string | null;
      readonly trace: readonly TraceFields[];
      readonly routeTrace: readonly TraceFields[];
    }
  | {
      readonly kind: "record";
      readonly name: string;
      readonly from: Role;
      readonly under: "verdict" | "transport";
      readonly key: string;
      readonly nonce: string;
      readonly plaintext: string;
      readonly bytes: string;
      readonly arrives: string | null;
      /** It comes of a call before it. */
      readonly waited?: true;
    }
  | {
      readonly kind: "filled";
      readonly name: "Data";
      readonly from: Role;
      readonly key: string;
      readonly nonce: string;
      readonly byte: string;
      readonly size: number;
      readonly plaintextLength: number;
      readonly length: number;
      readonly sha256: string;
      readonly waited?: true;
    }
  | {
      readonly kind: "repeat";
      readonly name: "Data";
      readonly from: Role;
      readonly count: number;
      readonly key: string;
      readonly firstNonce: string;
      readonly plaintext: string;
      readonly length: number;
      readonly sha256: string;
    }
  | { readonly kind: "raw"; readonly from: Role; readonly bytes: string }
  | CallFields
  | { readonly kind: "end"; readonly from: Role }
  | { readonly kind: "reset"; readonly from: Role };

/** What an end's application, its driver or its clock does. */
export type CallFields =
  | {
      readonly kind: "call";
      readonly from: Role;
      readonly call: "deadline" | "flushed" | "decide" | "close";
    }
  | {
      readonly kind: "call";
      readonly from: Role;
      readonly call: "write";
      readonly byte: string;
      readonly count: number;
    }
  | {
      readonly kind: "call";
      readonly from: Role;
      readonly call: "alert";
      readonly code: number;
      readonly message: string;
    };

export interface DeliveredFields {
  readonly length: number;
  readonly sha256: string;
}

export interface FailureFields {
  readonly by: Role;
  readonly step: number;
  readonly event: string;
  readonly check: string | null;
  readonly received: { readonly code: number; readonly message: string } | null;
  readonly answer: "silence" | "hint" | { readonly code: number; readonly name: string };
  readonly delivered: DeliveredFields;
}

export interface DerivedFields {
  readonly h1: string | null;
  readonly h2: string | null;
  readonly verdictKey: string | null;
  readonly h3: string | null;
  readonly clientKey: string | null;
  readonly serverKey: string | null;
  readonly exporterSecret: string | null;
}

export interface ExportFields {
  readonly label: string;
  readonly context: string;
  readonly length: number;
  readonly output: string;
}

export interface Vector {
  readonly slug: string;
  readonly title: string;
  readonly notice: string;
  readonly version: 1;
  readonly suite: 1;
  readonly requirements: readonly string[];
  readonly plays: readonly Role[];
  readonly client: ClientFields;
  readonly server: ServerFields;
  readonly middlebox: KeyPairFields | null;
  /** The counters that both directions begin with; 0 where absent. */
  readonly counters?: Readonly<Record<Role, string>>;
  readonly steps: readonly StepFields[];
  readonly derived: DerivedFields;
  readonly exports: readonly ExportFields[];
  readonly delivered: Readonly<Record<Role, DeliveredFields>>;
  /** What a middlebox passes on to the server that the route names. */
  readonly forwarded?: { readonly serverKey: string; readonly bytes: string };
  readonly failures: readonly FailureFields[];
}

export const NOTICE =
  "Every secret key here is a TEST KEY and known to everybody: never use one for anything else.";

export const traceFields = (trace: Trace): TraceFields[] =>
  trace.map(({ token, h, ck, k, n }) => ({
    token,
    h: toHex(h),
    ck: toHex(ck),
    k: k === null ? null : toHex(k),
    n: Number(n),
  }));

/** An alert code's name; from 0x8000 they are the application's own. */
export function alertName(code: number): string {
  if (code >= 0x8000) return "application";
  const found = Object.entries(CODES).find(([, value]) => value === code);
  if (found === undefined) throw new RangeError(`no alert has the code ${code}`);
  return found[0];
}

/** ASCII only, so that nothing in a file is invisible or changed by an editor. */
export function vectorText(vector: Vector): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(vector, null, 2).replace(/[^\x20-\x7e\n]/g, escaped)}\n`;
}
