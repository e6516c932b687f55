import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import type { DescriptorSender } from "./descriptor-pipe.ts";

/** A connection's descriptor, which may be sent several times, and is closed once no more of that is under way. */
export class Descriptor {
  readonly handle: Handle;
  #sending = 0;
  #isUnwanted = false;
  #isToBeShutDown = false;

  constructor(handle: Handle) {
    this.handle = handle;
  }

  /** As `DescriptorSender.send`. */
  send(sender: DescriptorSender, bytes: Uint8Array, done: () => void = () => undefined): boolean {
    this.#sending++;
    return sender.send(bytes, this.handle, () => {
      done();
      this.#sending--;
      this.#closeUnlessSent();
    });
  }

  /** Once what waits for a process that reads slowly has been sent: libuv looks at the handle then. */
  close(): void {
    if (this.#isUnwanted) return;
    this.#isUnwanted = true;
    this.#closeUnlessSent();
  }

  /** Closes it, and what is sent over it for whoever has it still: of a connection that is nobody's any more. */
  shutDown(): void {
    this.#isToBeShutDown = true;
    this.close();
  }

  #closeUnlessSent(): void {
    if (!this.#isUnwanted || this.#sending > 0) return;
    if (!this.#isToBeShutDown) {
      this.handle.close();
      return;
    }
    const socket = new Socket({ handle: this.handle, manualStart: true } as never);
    socket.on("error", () => undefined); // The peer has ended it before.
    socket.end(() => socket.destroy());
  }
}
