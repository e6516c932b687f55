import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterwards } from "../net/loopback.ts";

/** A process of a test's: a program, by its path from this folder, ended after the test. */
export function run(program: string, ...nodeOptions: readonly string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), {
    execArgv: ["--import", "tsx", ...nodeOptions],
  });
  afterwards(
    () =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  );
  return child;
}

/** The next message of a type that a process sends. Rejects when the process ends before. */
export function told<M extends { readonly type: string }, T extends M["type"]>(
  child: ChildProcess,
  type: T,
): Promise<Extract<M, { readonly type: T }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: M) => {
      if (message.type !== type) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(message as Extract<M, { readonly type: T }>);
    };
    const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`));
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}
