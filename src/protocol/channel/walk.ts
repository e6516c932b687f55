import { known } from "../known.ts";
import type { MachineEvent } from "../machine/event.ts";
import { step } from "../machine/step.ts";
import type { Action, Role, State, Table } from "../machine/table.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage-error.ts";
import { explainMisuse } from "./misuse.ts";

/**
 * The walk over the state table. What happens is classified as exactly one event, the table gives the event's cell,
 * the cell's outputs are carried out in order, and its state is taken: nothing else decides. What an event is and how
 * an output is carried out is the subclass's to know.
 */
export abstract class Walk {
  /** Which end of the connection this is. */
  readonly role: Role;
  readonly #table: Table;
  #state: State;
  /** Of the call that is under way; its caller's alone afterwards. */
  #outputs: Output[] | undefined;
  #isWalking = false;
  #hasLeft = false;
  /** The last misuse: the one exception that leaves the channel as it was. */
  #misuse: UsageError | undefined;

  protected constructor(role: Role, initial: State, table: Table) {
    this.role = role;
    this.#state = initial;
    this.#table = table;
  }

  get state(): State {
    return this.#state;
  }

  /** The session was handed over, and goes on elsewhere: `state` is where it was then (TR-010). */
  get handedOver(): boolean {
    return this.#hasLeft;
  }

  /** The next event that the input makes, if it makes one. */
  protected abstract classify(): MachineEvent | undefined;
  /** The event that an event is in truth, where its outputs can't be carried out. */
  protected abstract instead(actions: readonly Action[], event: MachineEvent): MachineEvent | undefined;
  /** Carries out one output. */
  protected abstract perform(action: Action, event: MachineEvent): void;
  /** Another state has been taken. */
  protected abstract entered(state: State): void;
  /** A call has been carried out, and all that the input made of it. */
  protected abstract settle(): void;

  /** An event that a call is, then all that the input makes of it. */
  protected run(event: MachineEvent): Output[] {
    return this.walk(() => this.step(event));
  }

  /**
   * A call, then all that the input makes of it (ST-003). Misuse leaves everything as it was; any other exception is that of
   * something handed in or of this code, and ends the channel, since what it interrupted can't be told.
   */
  protected walk(call: () => void): Output[] {
    this.requireHere();
    this.#isWalking = true;
    const outputs: Output[] = [];
    this.#outputs = outputs;
    try {
      call();
      for (let event = this.classify(); event !== undefined; event = this.classify()) this.step(event);
      this.settle();
      return outputs;
    } catch (error) {
      if (error !== this.#misuse) this.#enter("Failed");
      throw error;
    } finally {
      this.#isWalking = false;
      this.#outputs = undefined;
    }
  }

  /** Ends this object's part in the walk, which goes on in another: once `call` is done, no call is taken any more. */
  protected leave<T>(call: () => T): T {
    this.requireHere();
    this.#isWalking = true;
    try {
      const result = call();
      this.#hasLeft = true;
      return result;
    } finally {
      this.#isWalking = false;
    }
  }

  /** TR-010. */
  protected requireHere(): void {
    if (this.#hasLeft) throw new UsageError("this session was handed over, and goes on elsewhere");
    if (this.#isWalking) throw new UsageError("a call from within a call of the same channel");
  }

  /** Looks an event up (ST-001), carries its outputs out in order, and takes the state (ST-004, ST-006, ST-007). */
  protected step(event: MachineEvent): void {
    const cell = step(this.#table, this.role, this.#state, event.name);
    const instead = this.instead(cell.outputs, event);
    if (instead !== undefined) {
      this.step(instead);
      return;
    }
    for (const action of cell.outputs) this.#perform(action, event);
    if (cell.to !== this.#state) this.#enter(cell.to);
  }

  protected output(output: Output): void {
    known(this.#outputs, "a call under way").push(output);
  }

  #perform(action: Action, event: MachineEvent): void {
    if (action === "misuse") {
      this.#misuse = new UsageError(explainMisuse(event.name, this.#state)); // ST-005
      throw this.#misuse;
    }
    if (action === "impossible")
      throw new Error(`the event ${event.name} can't arise in state ${this.#state}`);
    this.perform(action, event);
  }

  #enter(state: State): void {
    this.#state = state;
    this.entered(state);
  }
}
