/**
 * Memory inside libsodium's WebAssembly heap that is clean again after each operation.
 *
 * The wrappers of `libsodium-wrappers` allocate room for each argument and free it as it is, so keys stay in the
 * heap until something else happens to overwrite them. Here the arguments lie in one region of our own, which is
 * zeroed when the operation is over. The C functions also spill to a stack in the same memory; its address is not
 * exported, but it can be measured: what the operations change outside our region *is* their stack.
 */
import type { Address, RawSodium } from "./raw-sodium.ts";

/** Where arguments of fixed size lie, in bytes from the start of the slots. */
const SLOT = { key: 0, publicKey: 32, output: 64, nonce: 128 } as const;
const SLOTS_LENGTH = 144;
/** The largest record (65,535 bytes) and its associated data fit; more is allocated for one operation. */
const BUFFER_LENGTH = 66 * 1024;

/** The part of the memory, from `start` to before `end`, where operations leave what they spill. */
interface Range {
  readonly start: Address;
  readonly end: Address;
}

/** A region of the heap with four slots, and a buffer for each operation. */
export interface WasmScratch {
  /** 32 bytes: a secret key or an AEAD key. */
  readonly key: Address;
  /** 32 bytes. */
  readonly publicKey: Address;
  /** 64 bytes: a digest, a public key or an X25519 output. */
  readonly output: Address;
  /** 12 bytes. */
  readonly nonce: Address;
  /**
   * Runs `work` with the address of a buffer of `length` bytes; afterwards, whatever happened, slots, buffer and
   * stack are zeros.
   */
  use<T>(length: number, work: (buffer: Address) => T): T;
}

/** A word that depends on an input is the same in two runs of different inputs once in 2³² times. */
const ROUNDS = 2;

/**
 * Takes the region, and measures the stack by running `rehearse`.
 *
 * @param rehearse runs every operation, on each of its paths, in the scratch it is given; `round` says which inputs
 *   to take, so that what depends on them differs from one round to the next
 */
export function createWasmScratch(
  raw: RawSodium,
  rehearse: (scratch: WasmScratch, round: number) => void,
): WasmScratch {
  const region = allocate(raw, SLOTS_LENGTH + BUFFER_LENGTH);
  const gauge = createStackGauge(raw, region);
  const unmeasured = scratchIn(raw, region, gauge.range());
  const watched: WasmScratch = {
    ...unmeasured,
    // One at a time: an operation may clear what another one left.
    use: (length, work) => unmeasured.use(length, (buffer) => gauge.watch(() => work(buffer))),
  };
  for (let round = 0; round < ROUNDS; round++) rehearse(watched, round);
  const stack = gauge.range();
  raw.HEAPU8.fill(0, stack.start, stack.end);
  return scratchIn(raw, region, stack);
}

function scratchIn(raw: RawSodium, region: Address, stack: Range): WasmScratch {
  const fixedBuffer = region + SLOTS_LENGTH;
  return {
    key: region + SLOT.key,
    publicKey: region + SLOT.publicKey,
    output: region + SLOT.output,
    nonce: region + SLOT.nonce,
    use(length, work) {
      const large = length > BUFFER_LENGTH;
      const buffer = large ? allocate(raw, length) : fixedBuffer;
      try {
        return work(buffer);
      } finally {
        const heap = raw.HEAPU8;
        heap.fill(0, region, fixedBuffer);
        heap.fill(0, buffer, buffer + length);
        heap.fill(0, stack.start, stack.end);
        if (large) raw._free(buffer);
      }
    },
  };
}

/**
 * Finds the range below `region` that operations write to. Everything there but the stack is constant once libsodium
 * is initialised, and the stack lies below every allocation (Emscripten puts the heap last).
 */
function createStackGauge(raw: RawSodium, region: Address): { watch<T>(work: () => T): T; range(): Range } {
  const words = region >>> 2;
  let first = words;
  let last = -1;
  return {
    watch(work) {
      const before = new Int32Array(raw.HEAPU8.slice(0, words * 4).buffer);
      const result = work();
      const after = new Int32Array(raw.HEAPU8.buffer, 0, words);
      let up = 0;
      while (up < first && before[up] === after[up]) up++;
      first = up;
      let down = words - 1;
      while (down > last && before[down] === after[down]) down--;
      last = down;
      return result;
    },
    range() {
      // Frames are aligned to 16 bytes; so is the top of the stack. Before anything is seen it ends before it starts.
      return { start: (first * 4) & ~15, end: Math.min((last * 4 + 19) & ~15, region) };
    },
  };
}

function allocate(raw: RawSodium, length: number): Address {
  const address = raw._malloc(length);
  if (address === 0) throw new Error(`libsodium has no memory for ${length} bytes`);
  raw.HEAPU8.fill(0, address, address + length);
  return address;
}
