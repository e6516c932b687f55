import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  formatConnectionString,
  generateKeyPair,
  type LocalKeyHolder,
  parseConnectionString,
  writeSecretKeyFile,
} from "hawser";
import { Actor } from "./actor.ts";
import { writeCargo } from "./cargo.ts";
import type { ClientOrders, ClientReport } from "./client.ts";
import type { Conduct, ServerReport } from "./hold.ts";
import type { Meddling, ProxyOrders, ProxyReport } from "./proxy.ts";
import type { Role, ServerOrders } from "./server.ts";

export interface StageOptions {
  /** The size of the file that crosses. */
  readonly bytes: number;
  /** Each stagehand leaves out the very thing that its scene is about, so that every scene has to fail. */
  readonly isSabotaged: boolean;
}

/** One connection through the proxy. */
export interface Voyage {
  /** Whose key the client has; the right one's unless given. */
  readonly as?: "client" | "stranger";
  /** What is sent; the file unless given. */
  readonly file?: string;
  readonly meddling?: Meddling | undefined;
  readonly conduct?: Omit<Conduct, "saveAs"> | undefined;
  /** Where the proxy leads to instead of the server. */
  readonly leadTo?: number | undefined;
  readonly inTheClear?: boolean;
}

/** How it went, as each of the three tells it. */
export interface Outcome {
  readonly client: ClientReport;
  /** Absent where the proxy led elsewhere. */
  readonly server: ServerReport | undefined;
  readonly proxy: ProxyReport;
  /** What was recorded, as each end sent it. */
  readonly recording: { readonly client: Buffer; readonly server: Buffer };
  /** What the server saved. */
  readonly received: Buffer;
}

/** The client, the proxy and the server, their keys and their files. */
export class Stage {
  readonly bytes: number;
  readonly isSabotaged: boolean;
  readonly client = new Actor<ClientOrders>("client");
  readonly proxy = new Actor<ProxyOrders>("proxy");
  readonly server = new Actor<ServerOrders>("server");
  readonly #folder = mkdtempSync(join(tmpdir(), "hawser-demo-"));
  readonly #keys = new Map<string, LocalKeyHolder>();
  #roles: readonly Role[] = [];
  #url = "";
  #portInTheClear = 0;
  #voyages = 0;

  constructor({ bytes, isSabotaged }: StageOptions) {
    this.bytes = bytes;
    this.isSabotaged = isSabotaged;
  }

  /** Makes the keys and the file, and has the server serve. */
  async set(): Promise<void> {
    for (const whose of ["server", "client", "stranger"]) {
      const keyPair = await generateKeyPair();
      this.#keys.set(whose, keyPair);
      await writeSecretKeyFile(this.path(`${whose}.key`), keyPair);
    }
    const authorizedKeysFile = this.path("authorized_keys");
    writeFileSync(authorizedKeysFile, `${this.keyPair("client").publicKeyText} demo\n`);
    mkdirSync(this.path("hold"));
    const beginning = this.server.ask("serve", {
      ...{ keyFile: this.path("server.key"), authorizedKeysFile },
      ...{ conductFile: this.path("conduct"), hold: this.path("hold") },
    });
    // While the server's processes start.
    writeCargo(this.path("cargo"), this.bytes);
    const serving = await beginning;
    this.#roles = serving.roles;
    this.#url = serving.url;
    this.#portInTheClear = serving.portInTheClear;
  }

  /** All the processes but this one. */
  get roles(): readonly Role[] {
    return [this.client, this.proxy, ...this.#roles];
  }

  /** Ends the server, when everything has been shown. */
  async close(): Promise<void> {
    await this.server.ask("close", undefined);
  }

  /** Ends the processes and removes the files, whatever has happened. */
  strike(): void {
    for (const actor of [this.client, this.proxy, this.server]) actor.dismiss();
    // One that is being ended may make a last file.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  keyPair(whose: "server" | "client" | "stranger"): LocalKeyHolder {
    return this.#keys.get(whose) as LocalKeyHolder;
  }

  /** The file that crosses. */
  get cargo(): Buffer {
    return readFileSync(this.path("cargo"));
  }

  /** What a stagehand does, unless it is to leave that out. */
  unlessSabotaged<T>(deed: T): T | undefined {
    return this.isSabotaged ? undefined : deed;
  }

  /** Sends a file from the client through the proxy to the server. */
  async send(voyage: Voyage = {}): Promise<Outcome> {
    const { as = "client", file = this.path("cargo"), meddling, conduct, leadTo, inTheClear } = voyage;
    const recordAs = this.path(`voyage-${++this.#voyages}`);
    const saveAs = join(this.path("hold"), `voyage-${this.#voyages}`);
    writeFileSync(saveAs, "");
    const isServed = leadTo === undefined && meddling?.answer === undefined;
    if (isServed) await this.server.ask("expect", { saveAs, ...conduct });
    const home = inTheClear ? this.#portInTheClear : this.#portOfServer;
    const port = await this.proxy.ask("open", { port: leadTo ?? home, recordAs, meddling });
    const client = inTheClear
      ? await this.client.ask("sendInTheClear", { port, file })
      : await this.client.ask("send", {
          url: this.#urlAt(port),
          keyFile: this.path(`${as}.key`),
          file,
        });
    const proxy = (await this.proxy.ask("report", undefined)) as ProxyReport;
    const server = isServed ? await this.server.ask("report", undefined) : undefined;
    const recording = {
      client: readFileSync(`${recordAs}.client`),
      server: readFileSync(`${recordAs}.server`),
    };
    const received = readFileSync(saveAs);
    for (const path of [`${recordAs}.client`, `${recordAs}.server`, saveAs]) rmSync(path);
    return { client, server, proxy, recording, received };
  }

  get #portOfServer(): number {
    const { endpoint } = parseConnectionString(this.#url);
    return endpoint.transport === "tcp" ? endpoint.port : 0;
  }

  /** The server's URL, as the client has it, with the proxy in the way. */
  #urlAt(port: number): string {
    const target = parseConnectionString(this.#url);
    return formatConnectionString({ ...target, endpoint: { transport: "tcp", host: "127.0.0.1", port } });
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
