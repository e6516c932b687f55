/** How scenes begin, and what several of them have in common after that. */
import { encodeAlert } from "../properties/reference/record.ts";
import type { Vector } from "./vectors-format.ts";
import { play, type Scene } from "./vectors-scene.ts";
import type { Setting } from "./vectors-setting.ts";

type Beginning = (
  slug: string,
  title: string,
  requirements: readonly string[],
  setting: Partial<Setting>,
  act: (s: Scene) => void,
) => Vector;

const after =
  (begin: (s: Scene) => void): Beginning =>
  (slug, title, requirements, setting, act) =>
    play({ slug, title, requirements, ...setting }, (s) => {
      begin(s);
      act(s);
    });

/** Nothing has been sent. */
export const begun = after(() => undefined);

/** Hello and Challenge have gone as they should. */
export const challenged = after((s) => {
  s.hello();
  s.challenge();
});

/** Hello, Challenge and Response have gone as they should, and the server decides. */
export const responded = after((s) => {
  s.hello();
  s.challenge();
  s.response();
});

/** The channel is open. */
export const opened = after((s) => s.handshake());

/** The client's Close, then the server's. */
export function bothClose(s: Scene): void {
  s.record("client", "Close");
  s.record("server", "Close");
}

/** A Hello that the server refuses by `refuses`, and what that is to the client. */
export function refusedHello(s: Scene, code: number, event: string, refuses = "hello.refuse"): void {
  s.hello();
  s.fails("server", refuses, { answer: code });
  s.challenge({ code });
  s.fails("client", event, { received: code });
}

/** The server fails by this event, and says so in its Verdict. */
export function refusedByVerdict(s: Scene, event: string, code: number, message = ""): void {
  s.fails("server", event, { answer: code });
  s.verdict("Alert", encodeAlert(code, message));
}
