import type { Output, Role, State } from "../../src/protocol/index.ts";

/**
 * What any run of a channel looks like from outside: rules over all outputs that one channel has given, in their
 * order, and the state that it is in. Written from the specification's text; the state table is not read here.
 */
export interface Trace {
  readonly role: Role;
  /** Of every call to the channel, joined in the order of the calls. */
  readonly outputs: readonly Output[];
  /** The channel's state after the last of them. */
  readonly state: State;
}

export interface TraceRule {
  readonly id: string;
  readonly says: string;
  /** What breaks the rule in this trace, or `undefined`. */
  readonly broken: (trace: Trace) => string | undefined;
}

type OutputType = Output["type"];

const endings: readonly OutputType[] = ["closed", "failed", "forward"];
const aboutTransport: readonly OutputType[] = ["endTransport", "closeTransport"];
const terminalStates: readonly State[] = ["Closed", "Failed", "Forwarded"];

function indexOf(outputs: readonly Output[], ...types: readonly OutputType[]): number {
  return outputs.findIndex(({ type }) => types.includes(type));
}

function count(outputs: readonly Output[], type: OutputType): number {
  return outputs.filter((output) => output.type === type).length;
}

function ofType<T extends OutputType>(
  outputs: readonly Output[],
  type: T,
): Extract<Output, { readonly type: T }>[] {
  return outputs.filter((output): output is Extract<Output, { readonly type: T }> => output.type === type);
}

/** The first output of one of `types` that comes before the first of `before`, which may never come. */
function tooEarly(outputs: readonly Output[], types: readonly OutputType[], before: OutputType) {
  const start = indexOf(outputs, before);
  const early = (start < 0 ? outputs : outputs.slice(0, start)).find(({ type }) => types.includes(type));
  return early && `${early.type} before ${before}`;
}

/** The first output after the first of `after` that is not one of `allowed`. */
function tooLate(outputs: readonly Output[], after: OutputType, allowed: readonly OutputType[]) {
  const at = indexOf(outputs, after);
  const late = at < 0 ? undefined : outputs.slice(at + 1).find(({ type }) => !allowed.includes(type));
  return late && `${late.type} after ${after}`;
}

/** ST-023: no byte of a Hello ever came. That is over cleanly, without having been open. */
function neverBegan({ role, outputs }: Trace): boolean {
  return role === "server" && outputs.map(({ type }) => type).join() === "closed,closeTransport";
}

/** By topic: how it begins, what is said when, how it ends. */
export const traceRules: readonly TraceRule[] = [
  {
    id: "HS-031",
    says: "a client says its Hello of 88 bytes first, and nothing more before it has asked for its key's DH",
    broken: ({ role, outputs }) => {
      if (role !== "client") return undefined;
      const [hello] = ofType(outputs, "transmit");
      if (hello === undefined) return undefined;
      if (hello.bytes.length !== 88) return `a Hello of ${hello.bytes.length} bytes`;
      const dh = indexOf(outputs, "dh");
      const early = count(dh < 0 ? outputs : outputs.slice(0, dh), "transmit");
      return early > 1 ? `${early} messages before the DH` : undefined;
    },
  },
  {
    id: "HS-073",
    says: "what a client says second is its Response of 96 bytes",
    broken: ({ role, outputs }) => {
      const second = ofType(outputs, "transmit")[1];
      if (role !== "client" || second === undefined || second.bytes.length === 96) return undefined;
      return `a Response of ${second.bytes.length} bytes`;
    },
  },
  {
    id: "HS-044",
    says: "what a server says first is a Challenge of 98 bytes or, as its only word, a hint of 8",
    broken: ({ role, outputs }) => {
      const [first, second] = ofType(outputs, "transmit");
      if (role !== "server" || first === undefined || first.bytes.length === 98) return undefined;
      if (first.bytes.length !== 8) return `${first.bytes.length} bytes for a Challenge`;
      return second && "more after a hint";
    },
  },
  {
    id: "HS-093",
    says: "before a server is open it says at most a Challenge and one Verdict",
    broken: ({ role, outputs }) => {
      const open = indexOf(outputs, "open");
      const said = count(open < 0 ? outputs : outputs.slice(0, open), "transmit");
      return role === "server" && said > 2 ? `${said} messages before open` : undefined;
    },
  },
  {
    id: "HS-085",
    says: "a server shows its application who the client is after its own DH, once, and before it opens",
    broken: ({ role, outputs }) => {
      if (role !== "server") return undefined;
      if (count(outputs, "peerKey") > 1) return "two peer keys";
      return tooEarly(outputs, ["peerKey"], "dh") ?? tooEarly(outputs, ["open"], "peerKey");
    },
  },
  {
    id: "HS-063",
    says: "a client asks for one DH of its long-term key, and for none before the server's key was judged",
    broken: ({ role, outputs }) => {
      if (role !== "client") return undefined;
      if (count(outputs, "dh") > 1) return "two DHs";
      if (count(outputs, "peerKey") > 1) return "two peer keys";
      return indexOf(outputs, "peerKey") < 0 ? undefined : tooEarly(outputs, ["dh"], "peerKey");
    },
  },
  {
    id: "NO-022",
    says: "a server asks for one DH of each of its keys at most, four in all",
    broken: ({ outputs }) => {
      const asked = ofType(outputs, "dh").map(({ keyHolder }) => keyHolder);
      if (asked.length > 4) return `${asked.length} DHs`;
      return new Set(asked).size < asked.length ? "one key was asked twice" : undefined;
    },
  },
  {
    id: "HS-103",
    says: "nothing is delivered and no end of data told before the channel is open, and it opens once",
    broken: ({ outputs }) =>
      count(outputs, "open") > 1 ? "opened twice" : tooEarly(outputs, ["data", "end", "pong"], "open"),
  },
  {
    id: "RC-030",
    says: "no data after the peer's end of data, and one such end",
    broken: ({ outputs }) =>
      tooLate(
        outputs.filter(({ type }) => type === "end" || type === "data"),
        "end",
        [],
      ),
  },
  {
    id: "RC-025",
    says: "no empty data is delivered, and nothing empty is transmitted",
    broken: ({ outputs }) => {
      const empty = [...ofType(outputs, "data"), ...ofType(outputs, "transmit")].find(
        ({ bytes }) => bytes.length === 0,
      );
      return empty && `empty ${empty.type}`;
    },
  },
  {
    id: "AL-022",
    says: "an Alert received is reported with the failure that it is, and then only the transport is closed",
    broken: ({ outputs }) => {
      const at = indexOf(outputs, "alert");
      const received = outputs.find(
        (output) => output.type === "failed" && output.failure.code === "alert_received",
      );
      if (at < 0) return received && "an Alert is the failure and was not reported";
      if (outputs[at + 1] !== received || received === undefined) return "an Alert that is not the failure";
      const rest = outputs.slice(at + 2).map(({ type }) => type);
      return rest.join() === "closeTransport" ? undefined : `alert, failed, then ${rest.join(" ")}`;
    },
  },
  {
    id: "AL-006",
    says: "what fails with a last word says it just before, and then half-closes; what fails without, never half-closes but for a hint",
    broken: ({ outputs }) => {
      const at = indexOf(outputs, "failed");
      const failed = outputs[at];
      if (failed?.type !== "failed") return undefined;
      const { code, alertSent } = failed.failure;
      const word = alertSent !== undefined || code === "unsupported_header";
      const [before, after] = [outputs[at - 1]?.type, outputs[at + 1]?.type];
      if (word && code !== "unsupported_header" && before !== "transmit")
        return `alert ${alertSent} was not transmitted`;
      if (word && code === "unsupported_header" && before !== "transmit" && after === "endTransport")
        return "a hint was not transmitted";
      if (!word && after === "endTransport") return `${code} half-closes and has said nothing`;
      if (alertSent !== undefined && after !== "endTransport") return `${code} is said and not half-closed`;
      return undefined;
    },
  },
  {
    id: "ST-007",
    says: "one end is told, once the connection is over: closed, failed or forward",
    broken: ({ outputs, state }) => {
      const told = [...new Set(outputs.map(({ type }) => type))].filter((type) => endings.includes(type));
      if (told.length > 1 || count(outputs, "closed") > 1 || count(outputs, "failed") > 1)
        return `told: ${told.join(" ")}`;
      const over = [...terminalStates, "Closing", "Draining", "Hiding"].includes(state);
      if (over && told.length === 0) return `${state} without an end`;
      return !over && told.length > 0 ? `${told.join()} told in ${state}` : undefined;
    },
  },
  {
    id: "ST-006",
    says: "after the end only the transport is spoken of; after a forward only more is forwarded",
    broken: ({ outputs }) =>
      tooLate(outputs, "closed", aboutTransport) ??
      tooLate(outputs, "failed", aboutTransport) ??
      tooLate(outputs, "forward", ["forward"]),
  },
  {
    id: "RC-035",
    says: "closed comes when both directions' data has ended",
    broken: (trace) => (neverBegan(trace) ? undefined : tooEarly(trace.outputs, ["closed"], "end")),
  },
  {
    id: "RC-036",
    says: "the transport is half-closed at most once, right after the end was told, and always after closed",
    broken: (trace) => {
      const { outputs } = trace;
      if (neverBegan(trace)) return undefined;
      const at = indexOf(outputs, "endTransport");
      if (count(outputs, "endTransport") > 1) return "half-closed twice";
      const before = outputs[at - 1]?.type;
      if (at >= 0 && before !== "closed" && before !== "failed")
        return `half-closed after ${before ?? "nothing"}`;
      return indexOf(outputs, "closed") >= 0 && at < 0 ? "closed and not half-closed" : undefined;
    },
  },
  {
    id: "ST-028",
    says: "the transport is closed once, last of all, and just when the channel is Closed or Failed",
    broken: ({ outputs, state }) => {
      const closes = count(outputs, "closeTransport");
      const over = state === "Closed" || state === "Failed";
      if (closes !== (over ? 1 : 0)) return `${closes} closeTransport in ${state}`;
      return tooLate(outputs, "closeTransport", []);
    },
  },
  {
    id: "ST-001",
    says: "the state is the one that the outputs have told of",
    broken: ({ role, outputs, state }) => {
      const has = (type: OutputType) => indexOf(outputs, type) >= 0;
      const expected = has("forward")
        ? ["Forwarded"]
        : has("closed")
          ? ["Closing", "Closed"]
          : has("failed")
            ? ["Draining", "Hiding", "Failed"]
            : has("open")
              ? has("end")
                ? ["HalfClosedRemote"]
                : ["Open", "HalfClosedLocal"]
              : role === "client"
                ? ["Start", "AwaitChallenge", "Judging", "Responding", "AwaitVerdict", "AwaitVerdictClosed"]
                : ["AwaitHello", "OpeningRoute", "Routing", "AwaitResponse", "Deciding"];
      return expected.includes(state) ? undefined : `${state}, which is none of ${expected.join(" ")}`;
    },
  },
];

/** Every rule that a trace breaks, as `ID: what is wrong`. */
export function traceFaults(trace: Trace): string[] {
  return traceRules.flatMap(({ id, broken }) => {
    const fault = broken(trace);
    return fault === undefined ? [] : [`${id}: ${fault}`];
  });
}

/**
 * Throws when a run of a channel breaks a rule; the message lists the faults and the outputs. `outputs` are those of
 * all calls so far, in order.
 */
export function checkTrace(role: Role, channel: { readonly state: State }, outputs: readonly Output[]): void {
  const faults = traceFaults({ role, outputs, state: channel.state });
  if (faults.length === 0) return;
  const types = outputs.map((output) =>
    output.type === "transmit" || output.type === "data"
      ? `${output.type}(${output.bytes.length})`
      : output.type,
  );
  throw new Error(`${faults.join("\n")}\n${role} ${channel.state}: ${types.join(" ")}`);
}
