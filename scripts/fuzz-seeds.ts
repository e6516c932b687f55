// npx tsx scripts/fuzz-seeds.ts FOLDER
//
// Writes what the specification's vectors and texts hold as inputs of the fuzz targets, FOLDER/TARGET/NAME, for
// `npm run fuzz:corpus` to choose from.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("which folder?");

interface Step {
  readonly kind: string;
  readonly name?: string;
  readonly from: "client" | "server";
  readonly under?: string;
  readonly bytes?: string;
  readonly arrives?: string | null;
  readonly plaintext?: string;
}

function save(target: string, name: string, input: Iterable<number> | string): void {
  if (!existsSync(join(root, "fuzz", `${target}.fuzz.ts`))) throw new Error(`there is no target ${target}`);
  const bytes = typeof input === "string" ? Buffer.from(input) : Uint8Array.from(input);
  mkdirSync(join(folder as string, target), { recursive: true });
  writeFileSync(join(folder as string, target, name), bytes);
}

const hex = (text: string | null | undefined) => [...Buffer.from(text ?? "", "hex")];
/** Bytes after their number, as `Input.string` reads them. */
const counted = (bytes: readonly number[]) => [Math.min(bytes.length, 255), ...bytes.slice(0, 255)];

function fromVector(slug: string, steps: readonly Step[]): void {
  for (const side of ["client", "server"] as const) {
    const ofSide = steps.filter((step) => step.from === side);
    const wire = ofSide.flatMap((step) => (step.kind === "record" ? hex(step.arrives ?? step.bytes) : []));
    if (wire.length > 0 && wire.length < 5_000) save("deframer", `${slug}-${side}`, [2, 6, 200, ...wire]);
    const sealed = ofSide.filter((step) => step.under === "transport").map((step) => hex(step.plaintext));
    const short = sealed.filter((plaintext) => plaintext.length > 0 && plaintext.length <= 255);
    if (short.length === 0) continue;
    // The peer says all of it, and the end's application hands over and closes: steps 2, 6 and 9 of the target.
    const said = short.flatMap((plaintext) => [2, ...counted(plaintext), 6]);
    save("records", `${slug}-${side}`, [side === "server" ? 0 : 1, ...said, 9]);
  }
  for (const [i, step] of steps.entries()) {
    const plaintext = hex(step.plaintext);
    if (plaintext.length < 3 || plaintext.length > 2_000) continue;
    save("record-plaintext", `${slug}-${i}`, plaintext);
    if (plaintext[0] === 1) save("alert-body", `${slug}-${i}`, plaintext.slice(3));
    // The Verdict of a server that is as it should be, to each kind of client.
    if (step.under === "verdict") {
      for (const client of [0, 1, 2])
        save("challenge", `${slug}-${client}`, [client, 0, 0, 0, 0, 0, ...plaintext]);
    }
  }
}

/** Vectors that fail by their header have it in their Hello; as what is altered in a good one, three bytes at most. */
function helloFrom(slug: string, steps: readonly Step[]): void {
  const [first] = steps;
  if (first?.name !== "Hello") return;
  const header = hex(first.arrives ?? first.bytes).slice(0, 8);
  const good = [0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0];
  const changes = header.flatMap((byte, at) => (byte === good[at] ? [] : [[at, byte ^ (good[at] ?? 0)]]));
  const altered = [Math.min(3, changes.length), ...changes.slice(0, 3).flat()];
  for (const flags of [0, 4, 32]) save("hello", `${slug}-${flags}`, [flags, 0, 0, 0, 0, 0, ...altered]);
}

/** Every kind of server, with a route to each of the keys that mean something, naming each. */
function routes(): void {
  for (let flags = 0; flags < 64; flags++) {
    for (const [via, named] of [
      [0, 0],
      [1, 0],
      [2, 3],
      [2, 2],
      [3, 7],
    ] as const) {
      save("hello", `route-${flags}-${via}-${named}`, [flags, 0, 0, 0, via, named, 0]);
    }
  }
}

/** A Challenge that shows each key, with and without a code; a Response that does, with each kind of context. */
function keysShown(): void {
  for (let key = 0; key < 11; key++) {
    for (const client of [0, 1, 2]) {
      for (const code of [0, 4])
        save("challenge", `shows-${key}-${client}-${code}`, [client, 0, key, 0, code, 0]);
    }
    for (const context of [0, 1, 2]) save("response", `shows-${key}-${context}`, [0, 0, key, context, 0]);
  }
  save("response", "refused", [0, 1, 4, 0, 0]);
}

/** What two honest ends do, a byte a step: see `channel.fuzz.ts`. */
function conversations(): void {
  const [client, server] = [0, 1];
  const act = (side: number, kind: number, ...needs: number[]) => [side | (kind << 1), ...needs];
  const hello = [...act(client, 4), ...act(server, 8), ...act(server, 4), ...act(client, 8)];
  const response = [
    ...act(client, 9),
    ...act(client, 4),
    ...act(server, 8),
    ...act(server, 9),
    ...act(server, 4),
  ];
  const handshake = [...hello, ...response, ...act(client, 8)];
  const talk = [
    ...act(client, 0, 3, 1, 2, 3),
    ...act(server, 1, 9),
    ...act(client, 3, 1, 2, 3, 4, 5, 6, 7, 8),
  ];
  const endings = {
    close: act(client, 2),
    alert: act(server, 10, 2, 72, 105),
    flip: act(client, 11, 0, 9, 1),
  };
  const worse = {
    cut: act(server, 12, 0, 5),
    again: act(client, 13, 40),
    late: act(server, 14, 40),
    reset: act(client, 15),
  };
  for (const [name, ending] of Object.entries({ ...endings, ...worse })) {
    for (const flags of [0, 1, 2, 13, 16]) {
      const start = (flags & 1) === 0 ? handshake : [];
      save("channel", `${name}-${flags}`, [
        flags,
        ...start,
        ...talk,
        ...ending,
        ...act(client, 4),
        ...act(server, 8),
      ]);
    }
  }
  save("channel", "early-data", [0, ...act(client, 1, 255), ...act(client, 1, 255), ...handshake]);
}

/** Texts of the specification and the guides, and what stands for a key in them: see `withKeys`. */
function texts(): void {
  const pages = ["spec/keys.md", "docs/guides/keys.md"]
    .map((path) => readFileSync(join(root, path), "utf8"))
    .join("\n");
  const named = (text: string) =>
    text.replace(/hawser1(?:…|[a-z0-9]{58})/, "\u0001").replace(/hawser1…/, "\u0002");
  for (const [i, [url]] of [...pages.matchAll(/hawser(?:\+unix)?:\/\/[^ `"|)<>]*/g)].entries()) {
    save("connection-string", `page-${i}`, named(url));
  }
  const unusual = [
    "HAWSER://\u0001@Example.ORG:1/",
    "hawser://\u0001@[::ffff:1.2.3.4]:65535?via=\u0001&context=",
    "hawser://\u0001@[fe80::1%25eth0]:7?via=\u0002&context=a%2fb",
    "hawser+unix://\u0001@/a%20b/%C3%A9/..//c?context=+",
    "hawser://\u0006@h:1",
    "hawser://%68awser1@h:1?via=\u0002",
    "hawser://h:1?via=\u0002",
    "hawser://\u0001@h:1?via=",
    "hawser://\u0001@h:1?via=\u0002&via=\u0002",
    "hawser://\u0001@h:1?other=x",
    "hawser://\u0001@h:1/path",
    "hawser://\u0001@h:1?context=%E9",
    "hawser://\u0001@h:1?context=%20",
    "hawser://\u0001:x@h:1",
    "hawser://@h:1",
    "hawser://\u0001@:1",
    "hawser://\u0001@h",
    "hawser://\u0001",
    "hawser+unix://\u0001@/x/",
    "hawser+unix://h/x",
    "hawser+unix:///run/%00",
    `hawser+unix:///${"x".repeat(107)}`,
    `hawser://h:1?context=${"c".repeat(33)}`,
    "hawser://a_b-c.d.:80#x",
    "hawser://010.0.0.1:99999",
  ];
  for (const [i, url] of unusual.entries()) save("connection-string", `unusual-${i}`, url);
  for (const [i, [key]] of [...pages.matchAll(/(?:hawser1|HAWSER-SECRET-KEY-1)[A-Za-z0-9]{58}/g)].entries()) {
    save("key-text", `page-${i}`, [0, ...Buffer.from(key)]);
    save("key-text", `quoted-${i}`, [0, ...Buffer.from(`"${key}"`)]);
    save("key-text", `other-case-${i}`, [
      0,
      ...Buffer.from(/[a-z]/.test(key) ? key.toUpperCase() : key.toLowerCase()),
    ]);
  }
  for (let how = 1; how < 32; how += 2) save("key-text", `checked-${how}`, [how, 52, ...new Uint8Array(52)]);
  for (const letter of [1, 99])
    save("key-text", `changed-${letter}`, [33, ...new Uint8Array(52), 20, letter]);
  const files = [
    "",
    "# comment\n\n\u0001\n\u0002 alice@laptop\r\n",
    "\ufeff \t\u0001\tbackup-1  ",
    "\u0001\n\u0001 twice\n",
    "\u0001 two names\n",
    "restrict \u0001\n",
    "\u0003 \u0004\n",
    "\u0006\n",
    "\u0005\n",
    `\u0001 ${"n".repeat(65)}\n`,
    "hawser1\nqqqq\n",
    'to="127.0.0.1:5432",from="192.0.2.0/24,2001:db8::/32",max="2" \u0001 alice\n',
    'to="unix:/run/a b,c.sock"\t\u0001\nfrom="::1" \u0002\nmax="1",from="10.0.0.1" \u0003 n\n',
    'to="[fe80::1%eth0]:80" \u0001\nto="A.example:1" \u0002\n',
    'from="::ffff:192.0.2.1" \u0001\n',
    'from="192.0.2.1/24" \u0001\n',
    'max="1",max="2" \u0001\n',
    'max="0" \u0001\n',
    "max=1 \u0001\n",
    'form="::1" \u0001\n',
    'to="\u0001:1" \u0002\n',
    'to="unix:/\u0006" \u0001\n',
    'from="64:ff9b::192.0.2.1/128,0.0.0.0/0,::/0" \u0001\n',
  ];
  for (const [i, file] of files.entries()) save("authorized-keys", `file-${i}`, file);
  save("authorized-keys", "utf-16", [0xff, 0xfe, 1, 0]);
  save("authorized-keys", "not-utf-8", [35, 0xc3, 0x28]);
}

for (const file of readdirSync(join(root, "spec", "vectors")).filter((name) => name.endsWith(".json"))) {
  const slug = file.slice(0, -".json".length);
  if (slug === "schema") continue;
  const { steps } = JSON.parse(readFileSync(join(root, "spec", "vectors", file), "utf8")) as {
    steps: Step[];
  };
  fromVector(slug, steps);
  helloFrom(slug, steps);
}
for (const file of readdirSync(join(root, "spec", "vectors", "sessions")).filter(
  (name) => name.endsWith(".json") && name !== "schema.json",
)) {
  const { blob } = JSON.parse(readFileSync(join(root, "spec", "vectors", "sessions", file), "utf8")) as {
    blob: string;
  };
  // As it is, and mended where that makes another blob of it.
  for (const how of [0, 7])
    save("session-blob", `${file.slice(0, -".json".length)}-${how}`, [how, ...hex(blob)]);
}
routes();
keysShown();
conversations();
texts();
