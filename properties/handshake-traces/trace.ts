/** The traces of spec/model/handshake/traces: attacks that the model found, symbolic. Its README describes them. */
import { readdirSync, readFileSync } from "node:fs";
import type { Switches } from "./ablated.ts";

const folder = new URL("../../spec/model/handshake/traces/", import.meta.url);

/** A public key; a twin is another encoding of it. */
export type Pub = { readonly ephemeral: string } | { readonly key: string } | { readonly twin: Pub };

export type Message = "Hello" | "Challenge" | "Response" | "Verdict" | "SessionKey" | "Proof" | "Answer";

/** What a message is made of; which of them are there depends on the message. */
export interface Fields {
  readonly header?: "h1" | "h2";
  readonly e?: Pub;
  readonly s?: Pub;
  readonly c?: Pub;
  readonly key?: string;
  readonly code?: string;
  readonly context?: string;
  readonly word?: string;
  readonly route?: { readonly replay?: string; readonly random?: true };
  readonly proof?: { readonly replay?: string };
  readonly replay?: string;
  readonly seal?: { readonly static: string | null };
  readonly plain?: true;
}

export type Step = { readonly actor: string; readonly text: string } & (
  | { readonly action: "send"; readonly message: Message; readonly fields: Fields }
  | { readonly action: "deliver"; readonly to: string; readonly message: Message; readonly fields: Fields }
  | { readonly action: "accept"; readonly client?: string }
  | { readonly action: "fail"; readonly code: string }
  | { readonly action: "steal"; readonly keys: readonly string[] }
);

export interface Trace {
  readonly name: string;
  readonly ablation: string;
  readonly switches: Partial<Switches>;
  readonly goal: string;
  readonly scenario: string;
  readonly ends: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const all: readonly Trace[] = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => ({
    ...JSON.parse(readFileSync(new URL(file, folder), "utf8")),
    name: file.slice(0, -".json".length),
  }));

/** Attacks on wrong versions of the handshake, by `ABLATION.GOAL`. */
export const traces = all.filter(({ name }) => !name.startsWith("published."));
/** Attacks on the published design. */
export const publishedTraces = all.filter(({ name }) => name.startsWith("published."));
