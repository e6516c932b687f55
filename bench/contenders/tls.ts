import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import type { Contender, Credentials } from "./contender.ts";
import { listenOn, overDuplex } from "./duplex.ts";

/**
 * TLS 1.3 with mutual authentication: each end has a self-signed Ed25519 certificate, and trusts the other's alone. No
 * session is resumed, as each connection comes without one.
 */
function tls(id: string, name: string, cipher: string, ciphers?: string): Contender {
  const common = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ...(ciphers && { ciphers }) } as const;
  const check = (socket: TLSSocket) => {
    const agreed = `${socket.getProtocol()} ${socket.getCipher().standardName}`;
    if (!socket.authorized) throw new Error(`${name}: the peer was not authenticated`);
    if (agreed !== `TLSv1.3 ${cipher}`) throw new Error(`${name}: the ends agreed on ${agreed}`);
  };
  return {
    id,
    name,
    credentials,
    listen: ({ key = "", certificate = "", peer = "" }, welcome) => {
      const options = { ...common, key, cert: certificate, ca: peer, requestCert: true, noDelay: true };
      return listenOn(
        createServer(options, (socket) => {
          check(socket);
          welcome(overDuplex(socket));
        }),
      );
    },
    client:
      async ({ key = "", certificate = "", peer = "" }, address) =>
      () =>
        new Promise((resolve, reject) => {
          const socket = connect({ ...address, ...common, key, cert: certificate, ca: peer });
          socket.setNoDelay(true);
          socket.once("error", reject);
          socket.once("secureConnect", () => {
            check(socket);
            resolve(overDuplex(socket));
          });
        }),
  };
}

export const tlsChaCha20 = tls(
  "tls-chacha20",
  "node:tls 1.3 ChaCha20-Poly1305",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
);

export const tlsAes = tls("tls-aes", "node:tls 1.3 AES-256-GCM (default)", "TLS_AES_256_GCM_SHA384");

async function credentials(): Promise<Credentials> {
  const folder = await mkdtemp(join(tmpdir(), "hawser-bench-"));
  try {
    const server = await certify(folder, "server");
    const client = await certify(folder, "client");
    return {
      server: { ...server, peer: client.certificate },
      client: { ...client, peer: server.certificate },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Node makes no certificates, so openssl does. */
async function certify(folder: string, name: string): Promise<{ key: string; certificate: string }> {
  const [keyFile, certificateFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ["-subj", `/CN=hawser-bench-${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", keyFile, "-out", certificateFile];
  try {
    const args = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", ...subject, ...files];
    await promisify(execFile)("openssl", args);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const advice = "node:tls is measured with certificates that the openssl command makes: install it";
    throw isMissing ? new Error(`${advice}, or leave node:tls out with --peers`, { cause }) : cause;
  }
  return { key: await readFile(keyFile, "utf8"), certificate: await readFile(certificateFile, "utf8") };
}
