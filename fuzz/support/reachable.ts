/**
 * The memory that an object keeps alive, counted. Private fields are out of reach for a program, but not for its
 * debugger, which Node has in the process. One count takes about a millisecond, so that a target counts for few inputs.
 */
import { type InspectorNotification, Session } from "node:inspector";

interface Remote {
  readonly objectId?: string;
}
interface Methods {
  "Runtime.evaluate": { readonly result: Remote };
  "Runtime.callFunctionOn": { readonly result: Remote };
  "Runtime.getProperties": { readonly privateProperties?: readonly { readonly value?: Remote }[] };
  "Runtime.releaseObjectGroup": object;
}

/** Where this program and its debugger hand objects to each other. */
const desk: { object: object | undefined; found: unknown[] } = { object: undefined, found: [] };
const place = Symbol.for("hawser.fuzz.desk");
const group = { objectGroup: "reachable" };
let session: Session | undefined;
let deskId: string | undefined;

function ask<M extends keyof Methods>(method: M, given: object): Methods[M] {
  if (session === undefined) {
    session = new Session();
    session.connect();
  }
  let answer: unknown;
  // Within one process it answers before this returns.
  session.post(method, given, (error: Error | null, result?: InspectorNotification<unknown> | object) => {
    if (error !== null) throw new Error(`${method}: ${error.message}`);
    answer = result;
  });
  if (answer === undefined) throw new Error(`${method} does not answer`);
  return answer as Methods[M];
}

function deskObject(): string {
  if (deskId === undefined) {
    Object.defineProperty(globalThis, place, { value: desk, configurable: true });
    const expression = `globalThis[Symbol.for(${JSON.stringify(place.description)})]`;
    deskId = ask("Runtime.evaluate", { expression }).result.objectId;
    if (deskId === undefined) throw new Error("the debugger does not see the desk");
  }
  return deskId;
}

/** What the private fields of an object hold, as far as it is objects. */
function privateValues(object: object): unknown[] {
  const objectId = deskObject();
  Object.assign(desk, { object, found: [] });
  const give = { objectId, functionDeclaration: "function () { return this.object }", ...group };
  const { result } = ask("Runtime.callFunctionOn", give);
  const { privateProperties = [] } = ask("Runtime.getProperties", {
    objectId: result.objectId,
    ownProperties: true,
  });
  const values = privateProperties.flatMap(({ value }) =>
    value?.objectId === undefined ? [] : [{ objectId: value.objectId }],
  );
  if (values.length > 0) {
    const functionDeclaration = "function (...values) { this.found = values }";
    ask("Runtime.callFunctionOn", { objectId, functionDeclaration, arguments: values, ...group });
  }
  ask("Runtime.releaseObjectGroup", group);
  const { found } = desk;
  Object.assign(desk, { object: undefined, found: [] });
  return found;
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null || Array.isArray(object);
}

/**
 * How many bytes of memory are reachable from an object, as the lengths of all different `ArrayBuffer`s: through its
 * own properties, private fields, arrays, maps and sets. Functions are not looked into, nor is what is in `except`.
 */
export function reachableBytes(from: object, except: Iterable<object> = []): number {
  const seen = new Set<unknown>(except);
  const todo: unknown[] = [from];
  let bytes = 0;
  while (todo.length > 0) {
    const next = todo.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (ArrayBuffer.isView(next)) todo.push(next.buffer);
    else if (next instanceof ArrayBuffer || next instanceof SharedArrayBuffer) bytes += next.byteLength;
    else {
      if (next instanceof Map) todo.push(...next.keys(), ...next.values());
      if (next instanceof Set) todo.push(...next);
      todo.push(...Object.values(next));
      if (!isPlain(next)) todo.push(...privateValues(next));
    }
  }
  return bytes;
}

let isAllCounted = false;

/** From now on memory is counted for every input. */
export function countAll(): void {
  isAllCounted = true;
}

/** Whether memory is counted for this input: for one in so many, always the same ones. */
export function isCounted(data: Uint8Array, oneIn: number): boolean {
  let hash = data.length;
  for (let i = 0; i < data.length && i < 256; i++) hash = Math.imul(hash ^ (data[i] ?? 0), 0x01000193);
  return isAllCounted || ((hash >>> 16) ^ hash) % oneIn === 0;
}
