import { writeFileSync } from "node:fs";
import { formatPublicKey } from "hawser";
import { formNames, formsFound, longestUnseen, Pieces, soughtKey } from "./search.ts";
import { type Outcome, type Stage, sha256 } from "./stage.ts";
import { type ErrorSeen, fullHold, strangersOut } from "./words.ts";

/** What was looked at, and whether it was as it has to be. */
export interface Step {
  readonly text: string;
  readonly isAsExpected: boolean;
  /** What was there instead, where that helps. */
  readonly instead?: string | undefined;
  /** The error that a user sees, which is shown. */
  readonly error?: ErrorSeen | undefined;
}

export interface Scene {
  readonly title: string;
  play(stage: Stage): AsyncGenerator<Step>;
}

/** What later scenes need of the first. */
const kept = new WeakMap<Stage, Outcome>();

function ofFirstVoyage(stage: Stage): Outcome {
  const outcome = kept.get(stage);
  if (outcome === undefined) throw new Error("the first voyage did not come to its end");
  return outcome;
}

const pieces = new WeakMap<Stage, Pieces>();

function piecesOf(stage: Stage): Pieces {
  const known = pieces.get(stage) ?? new Pieces(stage.cargo);
  pieces.set(stage, known);
  return known;
}

const helloBytes = 88;
const challengeBytes = 98;
const sessionKeyBytes = 32;

const count = (value: number) => value.toLocaleString("en-US");

/** The error at one end, which has to have that code and those words. */
function sees(who: string, error: ErrorSeen | undefined, code: string, words: readonly string[] = []): Step {
  const isAsExpected = error?.code === code && words.every((word) => error.message.includes(word));
  const instead = `no error, instead of ${code}`;
  return { text: `${who} sees:`, isAsExpected, error, instead: error === undefined ? instead : undefined };
}

/** G5 of the protocol: what is delivered is a prefix of what was sent, whatever happens on the way. */
function isPrefix(stage: Stage, { received }: Outcome): Step {
  return {
    text: `the ${count(received.length)} bytes that had arrived are the first ones of the file, unchanged`,
    isAsExpected: received.length < stage.bytes && stage.cargo.subarray(0, received.length).equals(received),
    instead: received.length === stage.bytes ? "all of it arrived" : "they are others",
  };
}

function saidNothing({ proxy }: Outcome): Step {
  return {
    text: `the client sent its Hello, ${helloBytes} bytes, and not a byte more: nothing that says who it is`,
    isAsExpected: proxy.fromClient === helloBytes,
    instead: `it sent ${count(proxy.fromClient)} bytes`,
  };
}

function sought(stage: Stage) {
  return (["server", "client"] as const).flatMap((whose) => {
    const keyPair = stage.keyPair(whose);
    return [
      soughtKey(`the ${whose}'s public key`, keyPair.publicKey, keyPair.publicKeyText),
      soughtKey(`the ${whose}'s secret key`, keyPair.exportSecretKey(), keyPair.secretKeyText()),
    ];
  });
}

export const scenes: readonly Scene[] = [
  {
    title: "A file crosses, through a proxy that records every byte",
    async *play(stage) {
      const outcome = await stage.send({ conduct: { garble: stage.isSabotaged } });
      kept.set(stage, outcome);
      const { client, server, received } = outcome;
      const seconds = client.milliseconds / 1000;
      const rate = Math.round(stage.bytes / 1e6 / seconds);
      yield {
        text:
          `${count(received.length)} bytes sent, recorded, received, hashed and saved in ` +
          `${seconds.toFixed(1)} s: ${rate} MB/s`,
        isAsExpected: received.length === stage.bytes && client.error === undefined,
        error: client.error,
      };
      const hash = sha256(stage.cargo);
      yield {
        text: `what was sent and what was received have one SHA-256: ${hash.slice(0, 16)}…`,
        isAsExpected: sha256(received) === hash && client.answer === hash,
        instead: `${sha256(received)} was received`,
      };
      const clientKey = stage.keyPair("client").publicKeyText;
      yield {
        text: `the server knows who came: ${clientKey}`,
        isAsExpected: server?.clientKey === clientKey,
      };
    },
  },
  {
    title: "The proxy's recording says nothing about it",
    async *play(stage) {
      const { recording } = ofFirstVoyage(stage);
      const recordings = [recording.client, recording.server];
      const keys = sought(stage);
      if (stage.isSabotaged)
        recordings.push(stage.cargo.subarray(1, 65), ...keys.flatMap(({ forms }) => forms));
      const total = count(recordings.reduce((bytes, { length }) => bytes + length, 0));
      yield {
        text: `nowhere in its ${total} bytes are more than ${longestUnseen} bytes in a row of the file`,
        isAsExpected: recordings.every((bytes) => piecesOf(stage).find(bytes) === undefined),
      };
      for (const key of keys) {
        yield {
          text: `${key.name} is not in it: not as ${formNames}`,
          isAsExpected: formsFound(key, recordings) === 0,
        };
      }
    },
  },
  {
    title: "The same search does find what can be found",
    async *play(stage) {
      const { recording } = await stage.send({ inTheClear: true });
      const recorded = stage.unlessSabotaged(recording.client) ?? Buffer.alloc(0);
      const found = piecesOf(stage).find(recorded);
      const excerpt = recorded.toString("latin1", found, (found ?? 0) + 30);
      yield {
        text: `the file, in the clear through the same proxy: found, "${excerpt}…"`,
        isAsExpected: found !== undefined,
        instead: "nothing was found",
      };
      const keys = sought(stage);
      const letter = stage.path("letter");
      writeFileSync(letter, Buffer.concat(keys.flatMap(({ forms }) => [...forms, Buffer.from("\n")])));
      const { recording: ofLetter } = await stage.send({ inTheClear: true, file: letter });
      const recordedLetter = stage.unlessSabotaged(ofLetter.client) ?? Buffer.alloc(0);
      for (const key of keys) {
        const forms = formsFound(key, [recordedLetter]);
        yield {
          text: `${key.name}, in a letter in the clear: found in each form`,
          isAsExpected: forms === key.forms.length,
          instead: `${forms} of its ${key.forms.length} forms were found`,
        };
      }
    },
  },
  {
    title: "The server gives up in mid-stream, and says why",
    async *play(stage) {
      const giveUpAfter = stage.bytes / 4;
      const outcome = await stage.send({ conduct: stage.unlessSabotaged({ giveUpAfter }) });
      yield sees("the client, still writing,", outcome.client.error, "ERR_HAWSER_ALERT_RECEIVED", [
        `0x${fullHold.code.toString(16)}`,
        fullHold.words,
      ]);
      yield isPrefix(stage, outcome);
    },
  },
  {
    title: "The proxy flips one bit in mid-stream",
    async *play(stage) {
      const toServer = { at: stage.bytes / 2, how: "xor", bytes: Uint8Array.of(0x10) } as const;
      const outcome = await stage.send({ meddling: stage.unlessSabotaged({ toServer }) });
      yield sees("the server", outcome.server?.error, "ERR_HAWSER_BAD_RECORD");
      yield sees("the client", outcome.client.error, "ERR_HAWSER_ALERT_RECEIVED", ["bad_record"]);
      yield isPrefix(stage, outcome);
    },
  },
  ...(["FIN", "RST"] as const).map(
    (how): Scene => ({
      title:
        how === "FIN"
          ? "The proxy ends the connection in mid-stream, as if each end had said so"
          : "The proxy resets the connection in mid-stream",
      async *play(stage) {
        const cut = { after: stage.bytes / 2, how };
        const outcome = await stage.send({ meddling: stage.unlessSabotaged({ cut }) });
        yield sees("the server", outcome.server?.error, "ERR_HAWSER_TRUNCATED");
        yield sees("the client", outcome.client.error, "ERR_HAWSER_TRUNCATED");
        yield isPrefix(stage, outcome);
      },
    }),
  ),
  {
    title: "An impostor at the server's address, with a key of its own",
    async *play(stage) {
      const impostor = await stage.proxy.ask("impersonate", undefined);
      const outcome = await stage.send({ leadTo: stage.unlessSabotaged(impostor.port) });
      const { error } = outcome.client;
      yield sees("the client", error, "ERR_HAWSER_SERVER_KEY_MISMATCH", [
        formatPublicKey(impostor.publicKey),
        stage.keyPair("server").publicKeyText,
      ]);
      yield saidNothing(outcome);
    },
  },
  {
    title: "A man in the middle keeps the real server's proof, and puts a session key of its own beside it",
    async *play(stage) {
      const bytes = await stage.proxy.ask("sessionKey", undefined);
      const toClient = { at: 0, how: "put", bytes } as const;
      const outcome = await stage.send({ meddling: stage.unlessSabotaged({ toClient }) });
      yield sees("the client", outcome.client.error, "ERR_HAWSER_BAD_CHALLENGE");
      yield saidNothing(outcome);
      yield {
        text: `the real server had given its proof, ${challengeBytes} bytes: of no use to anybody but this client`,
        isAsExpected: outcome.proxy.fromServer === challengeBytes && bytes.length === sessionKeyBytes,
        instead: `it sent ${count(outcome.proxy.fromServer)} bytes`,
      };
    },
  },
  {
    title: "A man in the middle gets the real server to answer another Hello, and passes that answer on",
    async *play(stage) {
      const { recording } = ofFirstVoyage(stage);
      const toServer = { at: 0, how: "put", bytes: recording.client.subarray(0, helloBytes) } as const;
      const outcome = await stage.send({ meddling: stage.unlessSabotaged({ toServer }) });
      yield sees("the client", outcome.client.error, "ERR_HAWSER_BAD_CHALLENGE");
      yield saidNothing(outcome);
    },
  },
  {
    title: "A man in the middle replays an answer of the real server's that it recorded",
    async *play(stage) {
      const { recording } = ofFirstVoyage(stage);
      const answer = recording.server.subarray(0, challengeBytes);
      const outcome = await stage.send({ meddling: stage.unlessSabotaged({ answer }) });
      yield sees("the client", outcome.client.error, "ERR_HAWSER_BAD_CHALLENGE");
      yield saidNothing(outcome);
    },
  },
  {
    title: "A client that the server has not been told of",
    async *play(stage) {
      const letAnybodyIn = stage.isSabotaged;
      const { client, server, recording } = await stage.send({ as: "stranger", conduct: { letAnybodyIn } });
      yield sees("the client", client.error, "ERR_HAWSER_ALERT_RECEIVED", ["not_authorized", strangersOut]);
      const stranger = stage.keyPair("stranger");
      const key = soughtKey("the stranger's public key", stranger.publicKey, stranger.publicKeyText);
      yield {
        ...sees("", server?.error, "ERR_HAWSER_DENIED"),
        text: `the server's log names ${stranger.publicKeyText}:`,
      };
      yield {
        text: "that is the client's key, and the proxy has not seen it",
        isAsExpected:
          server?.clientKey === stranger.publicKeyText &&
          formsFound(key, [recording.client, recording.server]) === 0,
      };
    },
  },
];
