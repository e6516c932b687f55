/**
 * Sends files between `hawser` and the Python port, either in either role, both ways on one connection, and lets each
 * refuse whom it should. Two implementations that share nothing but the specification have to agree on every byte.
 *
 *     npm run exchange:python            exit 1 when a case fails
 *
 * The program `python3` needs Python 3.11 and the package cryptography; PYTHON names another.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCommand } from "../properties/cli/spawned.ts";

const root = join(import.meta.dirname, "..");
const port = join(root, "ports", "python");
const python = process.env["PYTHON"] ?? "python3";
/** In milliseconds: nothing here takes a tenth of it. */
const patience = 60_000;

const built = await buildCommand();
const implementations = {
  hawser: { command: process.execPath, first: [built.main], cwd: root },
  python: { command: python, first: ["-m", "hawser"], cwd: port },
} as const;
type Name = keyof typeof implementations;

const folder = mkdtempSync(join(tmpdir(), "hawser-exchange-"));
const file = (name: string): string => join(folder, name);

interface Running {
  readonly child: ChildProcess;
  /** What it has said on standard error. */
  said(): string;
  /** Its exit code. */
  readonly over: Promise<number | null>;
}

/** Starts a command with files for its standard input and output. */
function start(name: Name, args: readonly string[], input: string, output: string): Running {
  const { command, first, cwd } = implementations[name];
  const files = [openSync(input, "r"), openSync(output, "w")] as const;
  const child = spawn(command, [...first, ...args], { cwd, stdio: [...files, "pipe"], timeout: patience });
  for (const descriptor of files) closeSync(descriptor);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const over = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  return { child, said: () => said, over };
}

/** The connection string that a server says it can be reached at. */
async function urlOf(server: Running): Promise<string> {
  for (const until = Date.now() + patience; Date.now() < until; ) {
    const [url] = /hawser:\/\/\S+(?=\s)/.exec(server.said()) ?? [];
    if (url !== undefined) return url;
    if (server.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`a server did not say where it is: ${server.said()}`);
}

/** Makes a key file and gives its public key. */
function keygen(name: Name, path: string): string {
  const { command, first, cwd } = implementations[name];
  const more = name === "hawser" ? ["keygen", "--output", path] : ["keygen", path];
  const { status, stdout, stderr } = spawnSync(command, [...first, ...more], { cwd, encoding: "utf8" });
  const [key] = /hawser1\S+/.exec(stdout + stderr) ?? [];
  if (status !== 0 || key === undefined) throw new Error(`${name} made no key: ${stdout}${stderr}`);
  return key;
}

/** A server that lets in one key, and sends the content of `input` back. */
function serve(name: Name, key: string, allowed: string, input: string, output: string): Running {
  const list = file(`authorized-${name}`);
  writeFileSync(list, `from="127.0.0.0/8",max="1" ${allowed} peer\n`);
  const common = ["--key", key, "--authorized-keys", list];
  return name === "hawser"
    ? start(name, ["listen", ...common, "--once", "127.0.0.1:0"], input, output)
    : start(name, ["receive", ...common, "--reply", input, "0"], input, output);
}

function call(name: Name, key: string, url: string, input: string, output: string): Running {
  return start(name, [name === "hawser" ? "connect" : "send", "--key", key, url], input, output);
}

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** A file of random bytes. */
function content(name: string, size: number): string {
  writeFileSync(file(name), randomBytes(size));
  return file(name);
}

const faults: string[] = [];

/** Runs one case and prints how it went. `action` gives what is wrong, or nothing. */
async function check(title: string, action: () => Promise<string[]>): Promise<void> {
  const from = performance.now();
  const wrong = await action().catch((error: unknown) => [String(error)]);
  const took = `${Math.round(performance.now() - from)} ms`;
  console.log(
    wrong.length === 0 ? `  ok      ${title} (${took})` : `  FAILED  ${title}: ${wrong.join("; ")}`,
  );
  if (wrong.length > 0) faults.push(title);
}

interface Keys {
  readonly server: string;
  readonly client: string;
  readonly clientKey: string;
}

/** A file each way on one connection. */
function exchange(server: Name, client: Name, size: number, keys: Keys): Promise<void> {
  return check(`${client} sends ${size} bytes to ${server}, and gets as many back`, async () => {
    const [there, back] = [content("there", size), content("back", size)];
    const serving = serve(server, keys.server, keys.clientKey, back, file("arrived"));
    try {
      const calling = call(client, keys.client, await urlOf(serving), there, file("returned"));
      const codes = await Promise.all([serving.over, calling.over]);
      return [
        ...(codes.join() === "0,0" ? [] : [`exit codes ${codes}: ${serving.said()}${calling.said()}`]),
        ...(digest(there) === digest(file("arrived")) ? [] : ["what arrived is not what was sent"]),
        ...(digest(back) === digest(file("returned")) ? [] : ["what came back is not what was sent"]),
      ];
    } finally {
      serving.child.kill("SIGKILL");
    }
  });
}

/** How a client that is refused ends: its exit code, and what it says of the reason. */
interface Refusal {
  readonly hawser: readonly [code: number, said: RegExp];
  readonly python: readonly [code: number, said: RegExp];
}

/** A client that has to fail, at a server that delivers nothing of it. */
function refusal(
  title: string,
  server: Name,
  client: Name,
  keys: Keys,
  otherServer: string | undefined,
  expected: Refusal,
): Promise<void> {
  return check(`${client} at ${server}: ${title}`, async () => {
    const nothing = content("nothing", 0);
    const serving = serve(server, keys.server, keys.clientKey, nothing, file("arrived"));
    try {
      const url = await urlOf(serving);
      const wanted = otherServer === undefined ? url : url.replace(/hawser1[^@]+/, otherServer);
      const calling = call(client, keys.client, wanted, content("there", 1_000), file("returned"));
      const code = await calling.over;
      const [wantedCode, reason] = expected[client];
      return [
        ...(code === wantedCode ? [] : [`exit code ${code}`]),
        ...(reason.test(calling.said()) ? [] : [`it says ${JSON.stringify(calling.said())}`]),
        ...(readFileSync(file("arrived")).length === 0 ? [] : ["the server delivered something"]),
      ];
    } finally {
      serving.child.kill("SIGKILL");
    }
  });
}

try {
  const keys = Object.fromEntries(
    (["hawser", "python"] as const).map((name) => {
      const [own, other] = [file(`${name}-own`), file(`${name}-other`)];
      return [name, { own, ownKey: keygen(name, own), other, otherKey: keygen(name, other) }];
    }),
  ) as Record<Name, { own: string; ownKey: string; other: string; otherKey: string }>;
  for (const [server, client] of [
    ["hawser", "python"],
    ["python", "hawser"],
  ] as const) {
    for (const size of [0, 1, 5_000_000]) {
      // Each in its turn with the key files that the other made.
      const [a, b] = size === 1 ? [keys[client], keys[server]] : [keys[server], keys[client]];
      await exchange(server, client, size, { server: a.own, client: b.own, clientKey: b.ownKey });
    }
    const { own, ownKey, other, otherKey } = keys[client];
    await refusal(
      "a key that is not on the list",
      server,
      client,
      { server: keys[server].own, client: other, clientKey: ownKey },
      undefined,
      { hawser: [8, /not_authorized/], python: [1, /alert_received 3/] },
    );
    await refusal(
      "another server's key",
      server,
      client,
      { server: keys[server].own, client: own, clientKey: ownKey },
      otherKey,
      { hawser: [6, /ERR_HAWSER_/], python: [1, /server_key_mismatch/] },
    );
  }
} finally {
  rmSync(folder, { recursive: true });
  built.remove();
}
console.log(faults.length === 0 ? "all of it agrees" : `${faults.length} failed`);
process.exitCode = faults.length === 0 ? 0 : 1;
