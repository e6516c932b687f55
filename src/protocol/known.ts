/** A value that the order of things has put there; that it is missing is a fault in this code. */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`);
  return value;
}
