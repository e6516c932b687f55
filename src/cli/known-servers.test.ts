/** Why: whoever can change this file, or make it lose a line, decides which impostor is believed. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inFolder } from "../../properties/cli/in-process.ts";
import { type Endpoint, formatConnectionString } from "../keys/index.ts";
import { configFolder } from "./config-folder.ts";
import { KnownServers } from "./known-servers.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);
const place: Endpoint = { transport: "tcp", host: "example.org", port: 4100 };
const other: Endpoint = { transport: "unix", path: "/run/a b.sock" };
const line = (endpoint: Endpoint, byte: number) => formatConnectionString({ endpoint, serverKey: key(byte) });

describe("known servers", () => {
  it("are none where there is no file, nor a folder for it", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(join(folder, "none"));
      expect(await servers.lookup(place)).toBeUndefined();
      expect(existsSync(join(folder, "none"))).toBe(false);
    }));

  it("are found again, by any writing of the place, and leave what the person wrote", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(folder);
      writeFileSync(servers.path, `# my servers\n\n  ${line(other, 2)}\r\n# the end`, { mode: 0o600 });
      await servers.add(place, key(1));
      expect((await servers.lookup({ ...place, host: "EXAMPLE.org" }))?.publicKey).toEqual(key(1));
      expect(await servers.lookup(other)).toEqual({ publicKey: key(2), line: 3 });
      expect(await servers.lookup({ ...place, port: 4101 })).toBeUndefined();
      expect(readFileSync(servers.path, "utf8")).toBe(
        `# my servers\n\n  ${line(other, 2)}\r\n# the end\n${line(place, 1)}\n`,
      );
      await servers.add(place, key(1));
      expect(readFileSync(servers.path, "utf8").split(line(place, 1))).toHaveLength(2);
    }));

  it("are never overwritten by another key", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(folder);
      await servers.add(place, key(1));
      await expect(servers.add(place, key(2))).rejects.toThrow(/line 2 was added in the meantime/);
      expect((await servers.lookup(place))?.publicKey).toEqual(key(1));
    }));

  it("all stay when many are added at once, and no other file is left", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(join(folder, "new"));
      const ports = Array.from({ length: 20 }, (_, index) => 1_000 + index);
      await Promise.all(ports.map((port) => servers.add({ ...place, port }, key(port % 250))));
      for (const port of ports) {
        expect((await servers.lookup({ ...place, port }))?.publicKey).toEqual(key(port % 250));
      }
      expect(readdirSync(join(folder, "new"))).toEqual(["known_servers"]);
    }));

  it("are only ever whole to whoever reads them meanwhile", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(folder);
      await servers.add(place, key(1));
      let isWriting = true;
      const writing = (async () => {
        for (let port = 1; port <= 30; port++) await servers.add({ ...place, port }, key(port));
        isWriting = false;
      })();
      while (isWriting) {
        const text = readFileSync(servers.path, "utf8");
        expect(text.endsWith("\n")).toBe(true);
        expect(text).toContain(line(place, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await writing;
    }));

  it("go on after a process that died with the lock", () =>
    inFolder(async (folder) => {
      const servers = new KnownServers(folder);
      const lock = `${servers.path}.lock`;
      writeFileSync(lock, "");
      const longAgo = Date.now() / 1_000 - 60;
      utimesSync(lock, longAgo, longAgo);
      await servers.add(place, key(1));
      expect(readdirSync(folder)).toEqual(["known_servers"]);
    }));

  it.runIf(process.platform !== "win32")("belong to their owner alone, and stay behind a symbolic link", () =>
    inFolder(async (folder) => {
      const kept = join(folder, "kept");
      const config = join(folder, "config");
      mkdirSync(config);
      writeFileSync(kept, "# kept elsewhere\n", { mode: 0o600 });
      symlinkSync(kept, join(config, "known_servers"));
      const servers = new KnownServers(config);
      await servers.add(place, key(1));
      expect(readFileSync(kept, "utf8")).toBe(`# kept elsewhere\n${line(place, 1)}\n`);
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      chmodSync(kept, 0o666);
      await expect(servers.lookup(place)).rejects.toMatchObject({ code: "ERR_HAWSER_KNOWN_SERVERS" });
      await expect(servers.add(other, key(2))).rejects.toThrow(/chmod go-w/);
    }),
  );

  it.each([
    ["a line that is no URL", "nonsense", /line 1: /],
    ["a line without a key", "hawser://example.org:4100", /line 1 is not a server and its key alone/],
    ["a line with a context", `${line(place, 1)}?context=x`, /line 1 is not a server and its key alone/],
    [
      "two lines for a place",
      `${line(place, 1)}\n${line(place, 2)}`,
      /lines 1 and 2 are for the same server/,
    ],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00]), /not UTF-8/],
  ])("are refused as a whole for %s", (_, content, words) =>
    inFolder(async (folder) => {
      const servers = new KnownServers(folder);
      writeFileSync(servers.path, content, { mode: 0o600 });
      await expect(servers.lookup(other)).rejects.toThrow(words);
      await expect(servers.add(other, key(3))).rejects.toMatchObject({ code: "ERR_HAWSER_KNOWN_SERVERS" });
      expect(readFileSync(servers.path)).toEqual(Buffer.from(content));
    }),
  );

  it("say what is in the way of writing them", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "file"), "");
      const servers = new KnownServers(join(folder, "file"));
      await expect(servers.add(place, key(1))).rejects.toMatchObject({ code: "ERR_HAWSER_KNOWN_SERVERS" });
    }));
});

describe("the folder", () => {
  const homeFolder = () => "/home/me";

  it("is where XDG_CONFIG_HOME says, or .config at home; a relative path counts as none", () => {
    expect(configFolder({ env: { XDG_CONFIG_HOME: "/etc/me" }, homeFolder })).toBe("/etc/me/hawser");
    for (const env of [{}, { XDG_CONFIG_HOME: "" }, { XDG_CONFIG_HOME: "me" }]) {
      expect(configFolder({ env, homeFolder })).toBe("/home/me/.config/hawser");
    }
  });
});
