import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

type Op =
  | { readonly push: Uint8Array }
  | { readonly take: number }
  | { readonly keep: number }
  | { readonly settle: true }
  | { readonly clear: true };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ push: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ take: fc.nat(300) }),
  fc.record({ keep: fc.nat(300) }),
  fc.constant({ settle: true } as const),
  { arbitrary: fc.constant({ clear: true } as const), weight: 1 },
);

describe("ByteQueue", () => {
  test.prop([fc.array(op, { maxLength: 60 })])("gives the bytes that were pushed, in order", (ops) => {
    const queue = new ByteQueue();
    let model: number[] = [];
    for (const step of ops) {
      if ("push" in step) {
        queue.push(step.push.slice());
        model.push(...step.push);
      } else if ("take" in step) {
        const length = Math.min(step.take, model.length);
        expect([...queue.peek(length)]).toEqual(model.slice(0, length));
        expect([...queue.take(length)]).toEqual(model.slice(0, length));
        model = model.slice(length);
      } else if ("keep" in step) {
        queue.keep(step.keep);
        model = model.slice(0, step.keep);
      } else if ("settle" in step) {
        queue.settle();
      } else {
        queue.clear();
        model = [];
      }
      expect(queue.length).toBe(model.length);
      expect([...queue.peek(1_000_000)]).toEqual(model);
    }
  });

  it("gives a chunk back to whoever pushed it", () => {
    const queue = new ByteQueue();
    const chunk = Uint8Array.of(1, 2, 3);
    queue.push(chunk);
    queue.take(1);
    queue.settle();
    chunk.fill(9);
    expect([...queue.take(2)]).toEqual([2, 3]);
  });

  it("takes what is there without a copy", () => {
    const queue = new ByteQueue();
    const chunk = new Uint8Array(100);
    queue.push(chunk);
    expect(queue.take(50).buffer).toBe(chunk.buffer);
  });

  it("shows what is there without a copy, and still does so behind what was taken", () => {
    const queue = new ByteQueue();
    const chunk = new Uint8Array(100);
    queue.push(chunk);
    expect(queue.peek(50).buffer).toBe(chunk.buffer);
    queue.take(10);
    expect(queue.peek(50).byteOffset).toBe(10);
    expect(queue.peek(50).buffer).toBe(chunk.buffer);
  });

  it("goes on behind what was taken of a chunk, when more comes or more is looked at than there is", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(0, 1, 2, 3));
    queue.take(1);
    queue.push(Uint8Array.of(4, 5, 6));
    expect(queue.length).toBe(6);
    expect([...queue.peek(4)]).toEqual([1, 2, 3, 4]);
    expect([...queue.peek(100)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(queue.length).toBe(6);
    expect([...queue.take(6)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("copies no more of a chunk than completes what was left of those before it", () => {
    const queue = new ByteQueue();
    queue.push(new Uint8Array(10));
    queue.settle();
    const chunk = new Uint8Array(100_000);
    queue.push(chunk);
    expect(queue.take(20).buffer.byteLength).toBeLessThan(100);
    expect(queue.take(50_000).buffer).toBe(chunk.buffer);
    expect(queue.length).toBe(49_990);
  });

  it("holds one-byte chunks in memory that grows with what is held, not with their number", () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 65_537; i++) {
      queue.push(Uint8Array.of(i & 0xff));
      queue.settle();
    }
    expect(queue.peek(65_537).buffer.byteLength).toBeLessThanOrEqual(4 * 65_537);
  });

  it("keeps hold of no memory while it is empty", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1));
    queue.push(new Uint8Array(1_000));
    queue.settle();
    queue.take(1_000);
    expect(queue.peek(1).buffer.byteLength).toBeGreaterThan(1_000);
    queue.take(1);
    queue.settle();
    expect(queue.peek(1).buffer.byteLength).toBe(0);
    queue.push(new Uint8Array(1_000).subarray(0, 0));
    queue.settle();
    expect(queue.peek(1).buffer.byteLength).toBe(0);
    queue.push(Uint8Array.of(1));
    queue.settle();
    expect(queue.peek(1).buffer.byteLength).toBe(64);
  });

  describe("memory of its own", () => {
    const counted = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => from + i);
    const memoryOf = (queue: ByteQueue) => queue.peek(1).buffer;

    const push = (queue: ByteQueue, chunk: Uint8Array) => {
      queue.push(chunk);
      queue.settle();
    };

    /** 60 bytes, 0 to 59, in 64 of the queue's own. */
    function of64(): ByteQueue {
      const queue = new ByteQueue();
      push(queue, counted(2));
      expect(memoryOf(queue).byteLength).toBe(64);
      push(queue, counted(58, 2));
      return queue;
    }

    it("is filled to its last byte, and then doubled", () => {
      const queue = of64();
      const memory = memoryOf(queue);
      push(queue, counted(4, 60));
      expect(memoryOf(queue)).toBe(memory);
      push(queue, counted(1, 64));
      expect(memoryOf(queue).byteLength).toBe(130);
      expect(queue.take(65)).toEqual(counted(65));
    });

    it.each([
      [21, true],
      [22, true],
      [23, false],
    ])(
      "has what is left moved to its front for %i bytes more, if that is half of it at most: %s",
      (more, same) => {
        const queue = of64();
        const memory = memoryOf(queue);
        queue.take(50);
        push(queue, counted(more, 60));
        expect(memoryOf(queue) === memory).toBe(same);
        expect(queue.take(10 + more)).toEqual(counted(10 + more, 50));
      },
    );

    it("is as large as what is left of a chunk, of which nothing is changed", () => {
      const queue = new ByteQueue();
      const chunk = counted(200);
      queue.push(chunk);
      queue.take(100);
      queue.settle();
      expect(chunk).toEqual(counted(200));
      expect(memoryOf(queue).byteLength).toBe(100);
      chunk.fill(0);
      expect(queue.take(100)).toEqual(counted(100, 100));
    });
  });

  describe("HS-124: what is kept of it", () => {
    /** 4 to 9, of which 4 to 6 lie in memory of its own and the rest where it came, behind another byte of it. */
    function mixed(): ByteQueue {
      const queue = new ByteQueue();
      queue.push(Uint8Array.of(0, 1, 2, 3, 4));
      queue.settle();
      queue.take(4);
      queue.push(Uint8Array.of(5, 6, 7, 8, 9));
      queue.peek(3);
      return queue;
    }

    it.each([0, 1, 2, 3, 4, 5, 6, 7, 100])("is its first %i bytes", (length) => {
      const queue = mixed();
      expect(queue.length).toBe(6);
      queue.keep(length);
      expect(queue.length).toBe(Math.min(6, length));
      queue.push(Uint8Array.of(10, 11));
      expect([...queue.peek(100)]).toEqual([...[4, 5, 6, 7, 8, 9].slice(0, length), 10, 11]);
    });

    it("is as much of a chunk that nothing was left before", () => {
      const queue = new ByteQueue();
      queue.push(Uint8Array.of(1, 2, 3, 4, 5));
      queue.take(2);
      queue.keep(2);
      queue.settle();
      expect([...queue.take(2)]).toEqual([3, 4]);
      expect(queue.length).toBe(0);
    });
  });

  it("refuses to take more than there is", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1));
    expect(() => queue.take(2)).toThrow(RangeError);
    expect(queue.length).toBe(1);
  });
});
