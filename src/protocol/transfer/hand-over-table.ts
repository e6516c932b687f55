/**
 * How a session passes from one process to another: the giver's machine and the taker's, each total (TR-040). What is
 * sent between the two is in `spec/transfer.md`, and so are these tables.
 */

/** Who has the session. */
export type GiverState = "Holding" | "Offered" | "Given" | "Over" | "Lost" | "Kept" | "Dropped";
export type TakerState = "Waiting" | "Held" | "Running" | "Refused" | "Abandoned" | "Over";

export type GiverEvent = "offer" | "keep" | "drop" | "Ack" | "Refuse" | "Done" | "died";
export type TakerEvent = "Offer" | "Offer.bad" | "Offer.full" | "Go" | "gone" | "done";

/** `send.X` is a message; `fault` ends the link, as the other end says what it can't. */
export type HandOverAction =
  | "send.Offer"
  | "send.Go"
  | "send.Ack"
  | "send.Refuse"
  | "send.Done"
  | "wipe"
  | "back"
  | "returned"
  | "lost"
  | "run"
  | "abandoned"
  | "fault"
  | "misuse";

export interface HandOverCell<S> {
  readonly to: S;
  readonly outputs: readonly HandOverAction[];
}

export type HandOverTable<S extends string, E extends string> = Readonly<
  Record<S, Readonly<Record<E, HandOverCell<S>>>>
>;

const giverOver = (to: GiverState): Record<GiverEvent, HandOverCell<GiverState>> => ({
  offer: { to, outputs: ["misuse"] },
  keep: { to, outputs: ["misuse"] },
  drop: { to, outputs: [] },
  Ack: { to, outputs: ["fault"] },
  Refuse: { to, outputs: ["fault"] },
  Done: { to, outputs: ["fault"] },
  died: { to, outputs: [] },
});

/** Who has a session and gives it away. */
export const giverTable: HandOverTable<GiverState, GiverEvent> = {
  Holding: {
    offer: { to: "Offered", outputs: ["send.Offer"] },
    keep: { to: "Kept", outputs: ["back"] },
    drop: { to: "Dropped", outputs: ["wipe"] },
    Ack: { to: "Holding", outputs: ["fault"] },
    Refuse: { to: "Holding", outputs: ["fault"] },
    Done: { to: "Holding", outputs: ["fault"] },
    died: { to: "Holding", outputs: [] },
  },
  Offered: {
    offer: { to: "Offered", outputs: ["misuse"] },
    keep: { to: "Offered", outputs: ["misuse"] },
    drop: { to: "Lost", outputs: ["wipe", "lost"] },
    Ack: { to: "Given", outputs: ["wipe", "send.Go"] },
    Refuse: { to: "Holding", outputs: ["returned"] },
    Done: { to: "Offered", outputs: ["fault"] },
    died: { to: "Holding", outputs: ["returned"] },
  },
  Given: {
    offer: { to: "Given", outputs: ["misuse"] },
    keep: { to: "Given", outputs: ["misuse"] },
    drop: { to: "Given", outputs: ["misuse"] },
    Ack: { to: "Given", outputs: ["fault"] },
    Refuse: { to: "Given", outputs: ["fault"] },
    Done: { to: "Over", outputs: [] },
    died: { to: "Lost", outputs: ["lost"] },
  },
  Over: giverOver("Over"),
  Lost: giverOver("Lost"),
  Kept: giverOver("Kept"),
  Dropped: giverOver("Dropped"),
};

const takerOver = (to: TakerState): Record<TakerEvent, HandOverCell<TakerState>> => ({
  Offer: { to, outputs: ["fault"] },
  "Offer.bad": { to, outputs: ["fault"] },
  "Offer.full": { to, outputs: ["fault"] },
  Go: { to, outputs: ["fault"] },
  gone: { to, outputs: [] },
  done: { to, outputs: ["misuse"] },
});

/** Who is given one. */
export const takerTable: HandOverTable<TakerState, TakerEvent> = {
  Waiting: {
    Offer: { to: "Held", outputs: ["send.Ack"] },
    "Offer.bad": { to: "Refused", outputs: ["send.Refuse"] },
    "Offer.full": { to: "Refused", outputs: ["wipe", "send.Refuse"] },
    Go: { to: "Waiting", outputs: ["fault"] },
    gone: { to: "Abandoned", outputs: [] },
    done: { to: "Waiting", outputs: ["misuse"] },
  },
  Held: {
    Offer: { to: "Held", outputs: ["fault"] },
    "Offer.bad": { to: "Held", outputs: ["fault"] },
    "Offer.full": { to: "Held", outputs: ["fault"] },
    Go: { to: "Running", outputs: ["run"] },
    gone: { to: "Abandoned", outputs: ["wipe", "abandoned"] },
    done: { to: "Held", outputs: ["misuse"] },
  },
  Running: {
    Offer: { to: "Running", outputs: ["fault"] },
    "Offer.bad": { to: "Running", outputs: ["fault"] },
    "Offer.full": { to: "Running", outputs: ["fault"] },
    Go: { to: "Running", outputs: ["fault"] },
    gone: { to: "Running", outputs: [] },
    done: { to: "Over", outputs: ["send.Done"] },
  },
  Refused: takerOver("Refused"),
  Abandoned: takerOver("Abandoned"),
  Over: takerOver("Over"),
};
