/** Ends a process at a moment of a hand-over, between two system calls. */

/** What is said, by its first byte, and whether it has been said. */
export interface Moment {
  readonly byte: number;
  readonly isSaid: boolean;
  /** To another worker, or else to the acceptor. */
  readonly lane: boolean;
}

interface Pipe {
  readonly fd: number;
}
type Write = (this: Pipe, request: unknown, bytes: Uint8Array, ...more: unknown[]) => unknown;

const creditDescriptor = 4;

/** @param pipe any */
export function dieAt({ byte, isSaid, lane }: Moment, pipe: object): void {
  let owner = pipe as Record<string, Write>;
  while (!Object.hasOwn(owner, "writeBuffer")) owner = Object.getPrototypeOf(owner);
  const { writeBuffer } = owner as { writeBuffer: Write };
  const die = () => process.kill(process.pid, "SIGKILL");
  owner["writeBuffer"] = function (this: Pipe, request, bytes, ...more) {
    const isIt =
      this.constructor.name === "Pipe" && bytes[0] === byte && (this.fd === creditDescriptor) !== lane;
    if (isIt && !isSaid) die();
    const result = writeBuffer.call(this, request, bytes, ...more);
    if (isIt) die();
    return result;
  };
}
