/** A byte stream and the chunks it arrives in. */
export type CutStream = { readonly stream: Uint8Array; readonly chunks: readonly Uint8Array[] };

/**
 * Reads a fuzzer's input as a stream and a way to cut it. The first byte's low four bits say how many bytes of sizes
 * follow; the rest is the stream, cut by these sizes in turn, over and over. A size byte below 240 means that many
 * bytes and one more; from 240 on, 4,096 bytes a step. No sizes: one chunk.
 *
 * The chunks are copies of their own: writing to one changes neither the stream nor another chunk.
 */
export function cutUp(input: Uint8Array): CutStream {
  // The fuzzer hands in a Buffer, whose `slice` is a view.
  const data = new Uint8Array(input);
  const count = (data[0] ?? 0) & 15;
  const sizes = Array.from(data.subarray(1, 1 + count), (size) =>
    size < 240 ? size + 1 : (size - 239) * 4096,
  );
  const stream = data.slice(1 + count);
  if (sizes.length === 0) return { stream, chunks: [stream.slice()] };
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < stream.length) {
    const size = sizes[chunks.length % sizes.length] ?? stream.length;
    chunks.push(stream.slice(at, at + size));
    at += size;
  }
  return { stream, chunks };
}
