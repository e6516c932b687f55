import type { AddressInfo, Server } from "node:net";
import type { Address, Connection } from "./contender.ts";

/** What of a Duplex is used; streamx's are near enough to Node's. */
export interface DuplexLike {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "drain" | "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
}

/** A stream as the works see it. */
export function overDuplex(stream: DuplexLike): Connection {
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure = error;
  });
  return {
    start({ data, drain, closed }) {
      stream.on("data", data);
      stream.on("drain", drain);
      stream.on("close", () => closed(failure));
    },
    write: (bytes) => stream.write(bytes),
    end: () => void stream.end(),
  };
}

/** On a free port of the loopback interface. */
export function listenOn(server: Pick<Server, "listen" | "address" | "once">): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () =>
      resolve({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }),
    );
    server.listen(0, "127.0.0.1", 4096);
  });
}
