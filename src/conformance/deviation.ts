/** What a fault is about: what an end says and tells, or how it ends its transport. They are graded apart. */
export type Aspect = "behaviour" | "close";

/** Something that the shim did otherwise than the specification wants. */
export interface Fault {
  readonly aspect: Aspect;
  readonly expected: string;
  readonly got: string;
}

/** Thrown where a case can't go on as the shim did otherwise than it should. */
export class Deviation extends Error {
  override readonly name = "Deviation";
  readonly fault: Fault;

  constructor(expected: string, got: string, aspect: Aspect = "behaviour") {
    super(`expected ${expected}, got ${got}`);
    this.fault = { aspect, expected, got };
  }
}
