import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tlsAes } from "../contenders/tls.ts";
import { Daemon, freePort, type Opened, type Way } from "./way.ts";

/** This runs as build/bench/tunnel/ways.js. */
const command = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
const relay = fileURLToPath(new URL("./relay.js", import.meta.url));
const node = process.execPath;

/** The program connects to the service itself. */
const direct: Way = {
  id: "direct",
  name: "no tunnel",
  open: async (_folder, service) => ({ port: service, ends: [] }),
};

/** Two forwarders that carry the bytes as they are. */
const relays: Way = {
  id: "relay",
  name: "two plain forwarders (node:net)",
  open: (_folder, service) =>
    both(
      (port) => Daemon.start(port, node, [relay, String(port), String(service)]),
      (port, far) => Daemon.start(port, node, [relay, String(port), String(far)]),
    ),
};

const hawser: Way = {
  id: "hawser",
  name: "Hawser",
  open(folder, service) {
    const own = (name: string) => {
      const file = join(folder, name);
      execFileSync(node, [command, "keygen", "-o", file], { stdio: "ignore" });
      return { file, publicKey: execFileSync(node, [command, "pubkey", file], { encoding: "utf8" }).trim() };
    };
    const [server, client] = [own("server.key"), own("client.key")];
    const authorized = join(folder, "authorized_keys");
    writeFileSync(authorized, `${client.publicKey}\n`, { mode: 0o600 });
    const quiet = ["--log-level", "warn"];
    const served = ["--key", server.file, "--authorized-keys", authorized, "--to", `127.0.0.1:${service}`];
    return both(
      (port) => Daemon.start(port, node, [command, "serve", ...quiet, ...served, `127.0.0.1:${port}`]),
      (port, far) => {
        const words = ["--key", client.file, "--listen", `127.0.0.1:${port}`];
        const url = `hawser://${server.publicKey}@127.0.0.1:${far}`;
        return Daemon.start(port, node, [command, "forward", ...quiet, ...words, url]);
      },
    );
  },
};

/** TLS 1.3, each end with a certificate of its own that the other trusts alone; no session is resumed. */
function stunnel(id: string, name: string, ciphersuite: string): Way {
  return {
    id,
    name,
    async open(folder, service) {
      const { server, client } = await tlsAes.credentials();
      const start = (role: "server" | "client", own: Record<string, string>, port: number, to: number) => {
        const at = (file: string) => join(folder, `${role}.${file}`);
        writeFileSync(at("pem"), `${own["certificate"]}${own["key"]}`, { mode: 0o600 });
        writeFileSync(at("peer"), own["peer"] as string);
        const settings = [
          ...["foreground = quiet", "pid =", "debug = warning", "syslog = no"],
          ...["socket = a:SO_REUSEADDR=1", "socket = l:TCP_NODELAY=1", "socket = r:TCP_NODELAY=1"],
          ...["[tunnel]", `client = ${role === "client" ? "yes" : "no"}`],
          ...[`accept = 127.0.0.1:${port}`, `connect = 127.0.0.1:${to}`],
          ...[`cert = ${at("pem")}`, `CAfile = ${at("peer")}`, "verifyPeer = yes"],
          ...["sslVersion = TLSv1.3", `ciphersuites = ${ciphersuite}`],
          ...["sessionResume = no", "options = NO_TICKET"],
        ];
        writeFileSync(at("conf"), `${settings.join("\n")}\n`);
        return Daemon.start(port, program("stunnel4"), [at("conf")]);
      };
      return both(
        (port) => start("server", server, port, service),
        (port, far) => start("client", client, port, far),
      );
    },
  };
}

/** Both ends know one secret. */
const spiped: Way = {
  id: "spiped",
  name: "spiped",
  open(folder, service) {
    const key = join(folder, "secret");
    writeFileSync(key, randomBytes(32), { mode: 0o600 });
    const start = (way: "-e" | "-d", port: number, to: number) => {
      const words = [way, "-s", `[127.0.0.1]:${port}`, "-t", `[127.0.0.1]:${to}`, "-k", key];
      return Daemon.start(port, program("spiped"), [...words, "-F", "-n", "0", "-p", join(folder, way)]);
    };
    return both(
      (port) => start("-d", port, service),
      (port, far) => start("-e", port, far),
    );
  },
};

/** All there are, in the order of the tables. */
export const ways: readonly Way[] = [
  direct,
  relays,
  hawser,
  stunnel("stunnel-aes", "stunnel, TLS 1.3 AES-256-GCM", "TLS_AES_256_GCM_SHA384"),
  stunnel("stunnel-chacha20", "stunnel, TLS 1.3 ChaCha20-Poly1305", "TLS_CHACHA20_POLY1305_SHA256"),
  spiped,
];

/** The far end, and then the near one. */
async function both(
  far: (port: number) => Promise<Daemon>,
  near: (port: number, far: number) => Promise<Daemon>,
): Promise<Opened> {
  const [farPort, port] = [await freePort(), await freePort()];
  const first = await far(farPort);
  try {
    return { port, ends: [first, await near(port, farPort)] };
  } catch (error) {
    await first.stop();
    throw error;
  }
}

function program(name: string): string {
  const file = ["/usr/bin", "/usr/local/bin"]
    .map((folder) => join(folder, name))
    .find((each) => existsSync(each));
  if (file === undefined) {
    throw new Error(
      `${name} is not installed: bash scripts/programs-install.sh, or leave it out with --peers`,
    );
  }
  return file;
}
