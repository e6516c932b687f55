import type { WireRecord } from "./records.ts";
import type { Outcome, Side } from "./trace.ts";

interface Of<Who, What extends string> {
  readonly who: Who;
  readonly did: What;
}

/** What has happened, one thing at a time: what an end said, read, delivered and reported, and who disturbed it. */
export type Happening =
  /** The application has handed in data; it was given some. */
  | (Of<Side, "wrote"> & { readonly bytes: Uint8Array })
  | (Of<Side, "delivered"> & { readonly bytes: Uint8Array })
  /** The channel said it: a record to transmit; one came from the transport; one was found authentic. */
  | (Of<Side, "said"> & { readonly record: WireRecord })
  | (Of<Side, "read"> & { readonly record: WireRecord })
  | (Of<Side, "opened"> & { readonly record: WireRecord })
  /** The server's application let the client in. */
  | Of<Side, "accepted">
  /** The application was told: open; the peer's data is at its end; the peer's alert; how it was over. */
  | Of<Side, "open">
  | Of<Side, "ended">
  | (Of<Side, "heard"> & { readonly code: string })
  | (Of<Side, "reported"> & { readonly outcome: Outcome })
  /** The transport was closed. */
  | Of<Side, "left">
  /** A deadline of draining has passed. */
  | Of<Side, "hurried">
  /** Something was sent that the own state does not allow. */
  | Of<Side, "was rude">
  | Of<"attacker", "acted">
  /** Nothing can happen any more, and not both ends are over. */
  | Of<"both", "got stuck">;

export type History = readonly Happening[];
