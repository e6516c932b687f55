// The installed command, by the name that npm gave it: two key pairs, a listener that lets one of them in, and data both
// ways.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

// npm makes no links on Windows, but scripts for its shells.
const onWindows = process.platform === "win32";
const command = join("node_modules", ".bin", onWindows ? "hawser.cmd" : "hawser");

/** Starts the command, with what it is to read. `done` is what it wrote to standard output, `url()` the URL it showed. */
function hawser(args, input) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], shell: onWindows, timeout: 60_000 });
  child.stdin.end(input);
  const exit = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  let sawWords = "";
  const url = new Promise((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (words) => {
      sawWords += words;
      const found = /hawser:\/\/\S+/.exec(sawWords);
      if (found !== null) resolve(found[0]);
    });
  });
  const done = Promise.all([text(child.stdout), exit]).then(([said, code]) => {
    assert.equal(code, 0, `hawser ${args.join(" ")}: ${code}\n${said}${sawWords}`);
    return said;
  });
  // Whoever waits for the URL also hears of a listener that came to nothing.
  const noUrl = () => Promise.reject(new Error("no URL was shown"));
  return { done, url: () => Promise.race([url, done.then(noUrl)]) };
}

const keys = ["server.key", "client.key"];
for (const key of keys) rmSync(key, { force: true });
const { version } = createRequire(import.meta.url)("hawser/package.json");
assert.equal(await hawser(["--version"]).done, `${version}\n`);
for (const key of keys) await hawser(["keygen", "-o", key]).done;
assert.match(readFileSync("server.key", "utf8"), /HAWSER-SECRET-KEY-1/);
const publicKey = (await hawser(["pubkey", "client.key"]).done).trim();

const listener = hawser(
  ["listen", "--key", "server.key", "--allow", publicKey, "--once", "127.0.0.1:0"],
  "from the server",
);
const peer = hawser(["connect", "--key", "client.key", await listener.url()], "from the client");
assert.equal(await peer.done, "from the server");
assert.equal(await listener.done, "from the client");
console.log(`Node ${process.version}: hawser ${version} keygen, pubkey, listen and connect`);
