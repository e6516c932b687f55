/** Why: a soak that calls everything flat proves nothing. */
import { describe, expect, it } from "vitest";
import { type Course, findings, medians } from "./soak-judgement.ts";

const mebibyte = 2 ** 20;

/** Three hundred samples; `grows` is by how many bytes from each to the next. */
function course(grows: { rss?: number; heap?: number } = {}, descriptors = 20): Course {
  const at = (index: number) => ({
    rss: 100 * mebibyte + index * (grows.rss ?? 0) + (index % 7) * mebibyte,
    heap: 20 * mebibyte + index * (grows.heap ?? 0) + (index % 5) * mebibyte,
    descriptors: 20 + (index % 40),
  });
  const during = Array.from({ length: 300 }, (_, index) => at(index));
  return { before: at(0), during, after: { ...at(299), descriptors } };
}

describe("the judgement of a soak", () => {
  it("is that noise is flat", () => {
    expect(findings("serve", course())).toEqual([]);
    expect(medians(course(), "heap")).toEqual([22 * mebibyte, 22 * mebibyte]);
  });

  it("takes the first third for warming up", () => {
    const { before, during, after } = course();
    const colder = during.map((reading, index) => (index < 90 ? { ...reading, rss: 1 } : reading));
    expect(findings("serve", { before, during: colder, after })).toEqual([]);
  });

  it.each([
    [
      "memory that grows",
      course({ rss: mebibyte / 5 }),
      /^serve: rss has grown from 1[23]\d\.\d MiB to 1[56]\d\.\d MiB$/,
    ],
    ["a heap that grows", course({ heap: 50_000 }), /^serve: heap has grown/],
    ["a descriptor that stays", course({}, 21), /^serve: 21 descriptors are open, 20 were before$/],
    ["too few samples", { ...course(), during: course().during.slice(0, 5) }, /5 samples say nothing/],
  ])("finds %s", (_, given, words) => {
    expect(findings("serve", given)).toEqual([expect.stringMatching(words)]);
  });
});
