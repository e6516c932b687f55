import { closeSync, openSync, writeSync } from "node:fs";

const lineBytes = 64;
const linesAtOnce = 16_384;

/**
 * Writes the file that crosses: a ship's log of `bytes` bytes, the same each time. It is text, a line for every minute,
 * so that whoever sees a piece of it sees what it is; and no two lines are alike.
 */
export function writeCargo(path: string, bytes: number): void {
  const file = openSync(path, "w");
  try {
    let random = 0x9e3779b9;
    const upTo = (limit: number) => {
      // xorshift32 (Marsaglia 2003): not secret, only varied, and the same each time.
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      return (random >>> 0) % limit;
    };
    const digits = (value: number, length: number) => String(value).padStart(length, "0");
    const winds = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
    for (let line = 0, left = bytes; left > 0; ) {
      let text = "";
      for (let i = 0; i < linesAtOnce && text.length < left; i++, line++) {
        const position = `${digits(upTo(6_000_000), 7)} N ${digits(upTo(18_000_000), 8)} E`;
        const wind = `wind ${winds[upTo(8)]} ${upTo(12)}`;
        text += `${`minute ${digits(line, 8)}, ${position}, ${wind}, ${950 + upTo(100)} hPa`.padEnd(lineBytes - 1)}\n`;
      }
      const chunk = text.slice(0, left);
      left -= writeSync(file, chunk, null, "latin1");
    }
  } finally {
    closeSync(file);
  }
}
