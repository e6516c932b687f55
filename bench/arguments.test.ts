import { describe, expect, it } from "vitest";
import { ArgumentError, parseArguments, usage } from "./arguments.ts";

const works = ["bulk", "handshakes", "messages"];
const contenders = ["tcp", "hawser", "tls"];
const parse = (...args: string[]) => parseArguments(args, works, contenders);

describe("parseArguments", () => {
  it("takes everything, five times, unless told otherwise", () => {
    expect(parse()).toMatchObject({
      works,
      contenders,
      runs: 5,
      write: false,
      json: undefined,
      from: undefined,
    });
    expect(parse()?.sizes).toMatchObject({ bulk: 1024 ** 3, write: 65_536, idle: 1_000 });
  });

  it("chooses works and contenders, in the tables' order", () => {
    expect(parse("--only", "messages,bulk")?.works).toEqual(["bulk", "messages"]);
    expect(parse("--peers", "tls, tcp,tls")?.contenders).toEqual(["tcp", "tls"]);
  });

  it("does little, once, with --quick, and as often as it is told", () => {
    expect(parse("--quick")?.runs).toBe(1);
    expect(parse("--quick", "--runs", "3")?.runs).toBe(3);
    expect(parse("--quick")?.sizes.bulk).toBeLessThan(parse()?.sizes.bulk as number);
  });

  it("holds the gate with what it needs, and nothing else beside it", () => {
    const gate = parseArguments(["--gate"], ["bulk", "rekey"], ["tcp", "hawser", "tls-chacha20"]);
    expect(gate).toMatchObject({
      gate: true,
      works: ["bulk"],
      contenders: ["hawser", "tls-chacha20"],
      runs: 1,
    });
    expect(gate?.sizes.bulk).toBeLessThan(parse()?.sizes.bulk as number);
  });

  it("opens 10,000 connections with --full", () => {
    const more = { idle: 10_000, crowd: 10_000, transfer: 4 * 1024 ** 3 };
    expect(parse("--full")?.sizes).toEqual({ ...parse()?.sizes, ...more });
  });

  it.each([
    ["65536", 65_536],
    ["64K", 65_536],
    ["100000", 65_536],
    ["256M", 256 * 1024 ** 2],
    ["4G", 4 * 1024 ** 3],
  ])("reads --size %s as whole writes: %i bytes", (text, size) => {
    expect(parse("--size", text)?.sizes.bulk).toBe(size);
  });

  it("warms up no longer than what is measured takes", () => {
    const warmUp = (...args: string[]) => parse(...args)?.sizes.bulkWarmUp;
    expect([warmUp(), warmUp("--size", "4G"), warmUp("--size", "64K")]).toEqual([2 ** 29, 2 ** 29, 65_536]);
  });

  it("passes on where figures are kept and taken from", () => {
    expect(parse("--json", "a.json")?.json).toBe("a.json");
    expect(parse("--from", "a.json", "--write")).toMatchObject({ from: "a.json", write: true });
  });

  it("leaves it to the caller to help", () => {
    expect(parse("--help")).toBeUndefined();
    expect(parse("-h", "--quick")).toBeUndefined();
    expect(usage(works, contenders)).toContain("bulk, handshakes, messages");
  });

  it.each([
    ["an unknown work", ["--only", "bulk,speed"], /--only speed: there is only bulk, handshakes, messages/],
    ["an unknown contender", ["--peers", "ssh"], /--peers ssh/],
    ["no runs", ["--runs", "0"], /--runs 0/],
    ["runs that are no number", ["--runs", "3x"], /--runs 3x/],
    ["a size without a whole write", ["--size", "1K"], /at least one write/],
    ["a size that is none", ["--size", "lots"], /--size lots/],
    ["an unknown option", ["--fast"], /--fast/],
    ["a word that belongs to no option", ["bulk"], /bulk/],
    ["a part of a run to be written", ["--write", "--only", "bulk"], /whole run/],
    ["a quick run to be written", ["--write", "--quick"], /whole run/],
    ["kept figures of something else", ["--from", "a.json", "--runs", "3"], /--from/],
    ["a gate of a part", ["--gate", "--only", "bulk"], /--gate chooses/],
    ["a gate to be written", ["--gate", "--write"], /whole run/],
    ["little and the gate at once", ["--quick", "--gate"], /exclude/],
    ["little and much at once", ["--quick", "--full"], /exclude/],
  ])("refuses %s", (_name, args, words) => {
    expect(() => parse(...args)).toThrow(ArgumentError);
    expect(() => parse(...args)).toThrow(words);
  });
});
