/**
 * A machine whose memory has the other byte order, as far as JavaScript shows it: typed arrays of more than one byte an
 * element read and write numbers the other way round. `DataView` says its byte order itself and is the same everywhere.
 */

type Numbers = Uint16Array | Uint32Array | BigUint64Array;

function swapped(numbers: Numbers): Numbers {
  const turn = (index: number): void => {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = numbers;
    new Uint8Array(buffer, byteOffset + index * size, size).reverse();
  };
  const at = (key: string | symbol): number | undefined =>
    typeof key === "string" && /^\d+$/.test(key) ? Number(key) : undefined;
  return new Proxy(numbers, {
    get(target, key) {
      const index = at(key);
      if (index === undefined) {
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      turn(index);
      const value: unknown = Reflect.get(target, key, target);
      turn(index);
      return value;
    },
    set(target, key, value) {
      const set = Reflect.set(target, key, value, target);
      const index = at(key);
      if (index !== undefined) turn(index);
      return set;
    },
  });
}

/** Runs something as that machine would. */
export function onOtherMachine<T>(run: () => T): T {
  const usual = { Uint16Array, Uint32Array, BigUint64Array };
  const other = Object.entries(usual).map(([name, type]) => [
    name,
    new Proxy(type, { construct: (target, args, own) => swapped(Reflect.construct(target, args, own)) }),
  ]);
  Object.assign(globalThis, Object.fromEntries(other));
  try {
    return run();
  } finally {
    Object.assign(globalThis, usual);
  }
}
