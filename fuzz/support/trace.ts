/** What the channels of a run are asked and what they answer, in lines that can be read. */
import { Channel } from "../../src/protocol/channel/channel.ts";
import { ClientChannel, type Output, ServerChannel } from "../../src/protocol/index.ts";

const calls = [
  "start",
  "trust",
  "accept",
  "refuse",
  "forward",
  "dhDone",
  "receive",
  "transportEnded",
  "transportFailed",
  "flushed",
  "tick",
  "write",
  "close",
  "alert",
  "ping",
] as const;

/** Has `say` told of every call of every channel from now on. */
export function traceCalls(say: (line: string) => void): void {
  for (const { prototype } of [Channel, ClientChannel, ServerChannel]) {
    for (const name of calls) {
      const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as
        | ((...given: unknown[]) => Output[])
        | undefined;
      if (method === undefined) continue;
      Object.defineProperty(prototype, name, {
        value: function (this: Channel, ...given: unknown[]): Output[] {
          const from = this.state;
          // Before the call, which may wipe what it is given.
          const call = `${whose(this)}.${name}(${given.map(inShort).join(", ")})`;
          try {
            const outputs = method.apply(this, given);
            say(`${call}  ${from === this.state ? from : `${from} → ${this.state}`}`);
            for (const output of outputs) say(`    ${inWords(output)}`);
            return outputs;
          } catch (error) {
            say(`${call}  ${from} throws ${String(error)}`);
            throw error;
          }
        },
      });
    }
  }
}

function whose(channel: Channel): string {
  if (channel instanceof ClientChannel) return "client";
  return channel instanceof ServerChannel ? "server" : "end";
}

function inShort(value: unknown): string {
  if (!(value instanceof Uint8Array))
    return typeof value === "string" ? JSON.stringify(value) : value instanceof Object ? "…" : String(value);
  const text = Buffer.from(value.subarray(0, 24)).toString("hex");
  return value.length <= 24 ? `${value.length}: ${text}` : `${value.length}: ${text}…`;
}

function inWords(output: Output): string {
  const { type, ...rest } = output;
  if (output.type === "failed") return `failed: ${output.failure.code}, ${output.failure.requirement}`;
  const fields = Object.entries(rest).filter(([name]) => name !== "keyHolder");
  return [type, ...fields.map(([name, value]) => `${name} ${inShort(value)}`)].join(" ");
}
