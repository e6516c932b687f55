/** Why: the package is all that a port in another language sees, so what was packed is unpacked and read. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { vectorNames } from "./vectors.ts";
import { type IndexEntry, makePackage } from "./vectors-package.ts";

const folder = mkdtempSync(join(tmpdir(), "hawser-vectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const unpacked = join(folder, "unpacked", "package");
const read = (path: string): string => readFileSync(join(unpacked, path), "utf8");
const json = <T>(path: string): T => JSON.parse(read(path)) as T;

describe("hawser-vectors", () => {
  it("can be packed, and unpacked read: every vector in the index, whole, and as its schema says", () => {
    makePackage(join(folder, "made"));
    const pack = ["pack", "--ignore-scripts", "--offline", "--json", "--pack-destination", folder];
    const output = execFileSync("npm", pack, {
      cwd: join(folder, "made"),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [{ filename }] = JSON.parse(output) as [{ filename: string }];
    execFileSync("mkdir", ["-p", join(folder, "unpacked")]);
    execFileSync("tar", ["-xzf", join(folder, filename), "-C", join(folder, "unpacked")]);

    const index = json<IndexEntry[]>("index.json");
    expect(index.map(({ file }) => file)).toEqual(vectorNames().map((name) => `vectors/${name}`));
    for (const { file, slug, sha256, schema } of index) {
      expect(createHash("sha256").update(read(file)).digest("hex")).toBe(sha256);
      expect(json<{ slug: string }>(file).slug).toBe(slug);
      expect(json<{ $schema: string }>(schema).$schema).toContain("2020-12");
    }
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    const judges = new Map<string, ReturnType<typeof ajv.compile>>();
    for (const { file, schema } of index) {
      const judge = judges.get(schema) ?? ajv.compile(json<object>(schema));
      judges.set(schema, judge);
      expect(judge(json(file)), file).toBe(true);
    }
    expect(judges.size).toBe(3);
  });

  it("has at least as many vectors that fail as not", () => {
    const index = json<IndexEntry[]>("index.json").filter(({ fails }) => fails !== undefined);
    const failing = index.filter(({ fails }) => fails?.length !== 0);
    expect(failing.length).toBeGreaterThanOrEqual(index.length - failing.length);
  });

  it("has its own licence, the version of the protocol's package, and no link that leads out of it", () => {
    const { license, version } = json<{ license: string; version: string }>("package.json");
    const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect({ license, version }).toEqual({ license: "0BSD", version: own.version });
    expect(read("LICENSE")).toMatch(/^BSD Zero Clause License\n/);
    for (const page of ["README.md", "vectors/sessions/README.md"]) {
      const links = [...read(page).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? "");
      expect(links.length).toBeGreaterThan(0);
      expect(links.filter((link) => !existsSync(join(unpacked, dirname(page), link)))).toEqual([]);
    }
  });
});
