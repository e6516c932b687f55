/**
 * The main job, shown by processes on this machine (`npm start`): a client sends a file through a proxy that records and
 * meddles, to a server, which is three of them. Exit code 1 when anything is not as it should be.
 *
 *     npm start -- [--bytes N] [--sabotage]
 *
 * With `--sabotage` each scene lacks the very thing that it is about, and has to fail: a demonstration that can't fail
 * shows nothing.
 */
import { parseArgs } from "node:util";
import { type Scene, type Step, scenes } from "./scenes.ts";
import { say, sayStep, sayTitle, sayVerdict } from "./screen.ts";
import { Stage, type StageOptions } from "./stage.ts";

/** In milliseconds, for all of it. */
const deadline = 180_000;

const smallest = 1_048_576;

function optionsOf(args: string[]): StageOptions {
  const { values } = parseArgs({
    args,
    options: { bytes: { type: "string" }, sabotage: { type: "boolean" } },
  });
  const bytes = Number(values.bytes ?? 67_108_864);
  if (!Number.isInteger(bytes) || bytes < smallest || bytes % 4 !== 0) {
    throw new RangeError(`--bytes takes a multiple of 4 from ${smallest} on`);
  }
  return { bytes, isSabotaged: values.sabotage ?? false };
}

/** Plays a scene and says it step by step; the number of steps that were not as expected. */
async function play(scene: Scene, stage: Stage): Promise<number> {
  let wrong = 0;
  const note = (step: Step) => {
    if (!step.isAsExpected) wrong++;
    sayStep(step);
  };
  try {
    for await (const step of scene.play(stage)) note(step);
  } catch (error) {
    note({ text: "the scene broke off", isAsExpected: false, instead: String(error) });
  }
  return wrong;
}

async function perform(options: StageOptions): Promise<boolean> {
  const began = performance.now();
  const stage = new Stage(options);
  process.once("exit", () => stage.strike());
  try {
    await stage.set();
    const isAsExpected = await playAll(stage, began);
    await stage.close();
    return isAsExpected;
  } finally {
    stage.strike();
  }
}

function inThree(server: readonly string[]): string {
  return server.length === 1 ? `${server[0]}` : `a server in three (${server.join(", ")})`;
}

async function playAll(stage: Stage, began: number): Promise<boolean> {
  const [client, proxy, ...server] = stage.roles.map(({ name, pid }) => `${name} ${pid}`);
  say(`Hawser, shown by processes on this machine: ${client}, ${proxy}, and ${inThree(server)}.`);
  say("Their keys and the file are made for this run, in a folder that is removed at its end.");
  const failed: string[] = [];
  for (const [i, scene] of scenes.entries()) {
    const title = `${i + 1}. ${scene.title}`;
    sayTitle(title);
    if ((await play(scene, stage)) > 0) failed.push(title);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (failed.length === 0)
    sayVerdict(true, `All ${scenes.length} scenes as they should be, in ${seconds} s.`);
  else {
    sayVerdict(false, `${failed.length} of ${scenes.length} scenes not as they should be, in ${seconds} s:`);
    for (const title of failed) say(`  ${title}`);
  }
  return failed.length === 0;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => process.exit(code));
}
setTimeout(() => {
  console.error(`The demonstration was not over after ${deadline / 1000} s.`);
  process.exit(1);
}, deadline).unref();

try {
  process.exitCode = (await perform(optionsOf(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  process.exitCode = 1;
}
