import type { Reason } from "../failure.ts";
import { otherProtocol } from "../handshake/header.ts";
import { headerLength } from "../limits.ts";

/** HS-015: the reason that names another protocol, where a peer's first bytes plainly are one's. */
export function notHawser(firstBytes: Uint8Array): Reason | undefined {
  const protocol = otherProtocol(firstBytes);
  return protocol === undefined
    ? undefined
    : { code: "not_hawser", bytes: firstBytes.slice(0, headerLength), protocol };
}
