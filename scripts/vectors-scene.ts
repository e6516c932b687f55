/**
 * A scene: two ends, one message after the other, with whatever happens to each on its way. It is written down as
 * it is played, byte by byte and by the reference's functions alone.
 */
import { exporterSecret, exportKey, transportKeys, verdictKey } from "../properties/reference/messages.ts";
import { ascii, concat, toHex } from "../properties/reference/primitives.ts";
import { type Direction, encodeAlert, fresh } from "../properties/reference/record.ts";
import {
  alertName,
  type ExportFields,
  type FailureFields,
  NOTICE,
  type Role,
  type StepFields,
  type Vector,
} from "./vectors-format.ts";
import { handshakeActs, need } from "./vectors-scene-handshake.ts";
import { digest, other, recordActs } from "./vectors-scene-records.ts";
import { endsOf, pair, type Setting, withDefaults } from "./vectors-setting.ts";
import type { Scene } from "./vectors-stage.ts";

export type { Scene } from "./vectors-stage.ts";

function scene(setting: Setting): Scene {
  const { client, server } = endsOf(setting);
  const steps: StepFields[] = [];
  const failures: FailureFields[] = [];
  const exported: ExportFields[] = [];
  const delivered: Record<Role, Uint8Array[]> = { client: [], server: [] };
  let forwarded: { serverKey: string; bytes: string } | null = null;

  const { acts: messages, known } = handshakeActs(setting, steps);
  let directions: Record<Role, Direction> | null = null;
  const transport = (): Record<Role, Direction> => {
    if (directions === null) {
      const keys = transportKeys(need(known.afterResponse));
      directions = {
        client: fresh(keys.client, setting.counters?.client),
        server: fresh(keys.server, setting.counters?.server),
      };
    }
    return directions;
  };
  const records = recordActs(setting, steps, delivered, transport);

  const self: Scene = {
    ...messages,
    ...records,

    get transport() {
      return transport();
    },

    get helloBytes() {
      return need(known.first).bytes;
    },

    get length() {
      return steps.length;
    },

    handshake() {
      self.hello();
      self.challenge();
      self.response();
      self.verdict("Accept");
    },

    raw(from, bytes) {
      steps.push({ kind: "raw", from, bytes: toHex(bytes) });
    },

    call(from, call) {
      steps.push({ kind: "call", from, ...call } as StepFields);
    },

    reset(from) {
      steps.push({ kind: "reset", from });
    },

    forwards() {
      forwarded = {
        serverKey: toHex(need(withDefaults(setting).expected)),
        bytes: steps.map((step) => ("bytes" in step ? step.bytes : "")).join(""),
      };
    },

    end(from) {
      steps.push({ kind: "end", from });
    },

    alert(from, code) {
      self.record(from, "Alert", encodeAlert(code, ""));
      self.fails(other(from), "record.alert", { received: code });
    },

    fails(by, event, more = {}) {
      const { answer } = more;
      failures.push({
        by,
        step: more.step ?? steps.length - 1,
        event,
        check: more.check ?? null,
        received: more.received === undefined ? null : { code: more.received, message: more.words ?? "" },
        answer:
          answer === undefined
            ? "silence"
            : answer === "hint"
              ? "hint"
              : { code: answer, name: alertName(answer) },
        delivered: digest(concat(...delivered[by])),
      });
    },

    exporting(label, context, length) {
      const output = exportKey(exporterSecret(need(known.afterResponse)), ascii(label), context, length);
      exported.push({ label, context: toHex(context), length, output: toHex(output) });
    },

    done() {
      const { first, afterChallenge, afterResponse } = known;
      const hex = <T>(value: T | null, of: (value: T) => Uint8Array) =>
        value === null ? null : toHex(of(value));
      const keys = afterResponse === null ? null : transportKeys(afterResponse);
      return {
        slug: setting.slug,
        title: setting.title,
        notice: NOTICE,
        version: 1,
        suite: 1,
        requirements: setting.requirements,
        plays: setting.plays ?? ["client", "server"],
        client,
        server,
        middlebox: setting.middlebox === undefined ? null : pair(setting.middlebox),
        ...(setting.counters === undefined
          ? {}
          : {
              counters: {
                client: String(setting.counters.client),
                server: String(setting.counters.server),
              },
            }),
        steps,
        derived: {
          h1: hex(first, (made) => made.state.h),
          h2: hex(afterChallenge, (state) => state.server.h),
          verdictKey: hex(afterChallenge, (state) => verdictKey(state.server)),
          h3: hex(afterResponse, (state) => state.h),
          clientKey: hex(keys, (both) => both.client),
          serverKey: hex(keys, (both) => both.server),
          exporterSecret: hex(afterResponse, exporterSecret),
        },
        exports: exported,
        delivered: {
          client: digest(concat(...delivered.client)),
          server: digest(concat(...delivered.server)),
        },
        ...(forwarded === null ? {} : { forwarded }),
        failures,
      };
    },
  };

  return self;
}

/** Plays a whole scene. */
export function play(setting: Setting, act: (s: Scene) => void): Vector {
  const s = scene(setting);
  act(s);
  return s.done();
}
