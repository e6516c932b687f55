/** The vectors of texts fit their schema, cite what there is, and fail at least as often as they do not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { folder } from "../../scripts/vectors.ts";
import type { TextVector } from "../../scripts/vectors-text-format.ts";

const texts = join(folder, "texts");
const json = (path: string): unknown => JSON.parse(readFileSync(join(texts, path), "utf8"));
const names = readdirSync(texts).filter((name) => name.endsWith(".json") && name !== "schema.json");
const vectors = names.map((name) => json(name) as TextVector);
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(json("schema.json") as object);
const spec = (name: string): string => readFileSync(join(folder, "..", name), "utf8");

describe("the vectors of texts", () => {
  it.each(vectors.map((vector) => [vector.slug, vector] as const))("%s fits the schema", (slug, vector) => {
    validate(vector);
    expect(validate.errors ?? []).toEqual([]);
    expect(names).toContain(`${slug}.json`);
    const slugs = vector.cases.map((one) => one.slug);
    expect(slugs.filter((one, i) => slugs.indexOf(one) !== i)).toEqual([]);
  });

  it("would not fit with a field more or less", () => {
    const [vector] = vectors as [TextVector];
    const [first, ...rest] = vector.cases;
    expect(validate({ ...vector, cases: [{ ...first, more: 1 }, ...rest] })).toBe(false);
    expect(validate({ ...vector, cases: [{ ...first, title: undefined }, ...rest] })).toBe(false);
    expect(validate({ ...vector, slug: "none" })).toBe(false);
  });

  it("cite requirements, and name errors, that the text has", () => {
    const text = spec("keys.md") + spec("notation.md");
    const cases = vectors.flatMap((vector) => vector.cases);
    const cited = new Set(cases.flatMap(({ requirements }) => requirements));
    expect([...cited].filter((id) => !text.includes(`**${id}**`))).toEqual([]);
    const errors = new Set(cases.flatMap((one) => one["error"] ?? []));
    expect([...errors].filter((error) => !text.includes(`| \`${error}\` |`))).toEqual([]);
  });

  it("refuse at least as much as they take", () => {
    for (const { slug, cases } of vectors) {
      const bad = cases.filter((one) =>
        slug === "authorized-keys-from" ? !one["listed"] : one["error"] !== null,
      );
      if (slug !== "x25519") expect(bad.length).toBeGreaterThanOrEqual(cases.length / 2);
    }
  });
});
