import type { Writable } from "node:stream";
import { outputError } from "./errors.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Writes a text to standard output and waits until it is there.
 *
 * @throws CommandError ERR_HAWSER_STDOUT
 */
export function print({ stdout }: Surroundings, text: string): Promise<void> {
  return written(stdout, text);
}

/** Waits until all that was written before has been taken. */
export function flushed(stdout: Writable): Promise<void> {
  return written(stdout, "");
}

function written(stdout: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(outputError(error));
    stdout.once("error", onError);
    stdout.write(text, (error) => {
      if (error) {
        reject(outputError(error)); // The stream's own 'error' comes after this, and finds its listener.
      } else {
        stdout.off("error", onError);
        resolve();
      }
    });
  });
}
