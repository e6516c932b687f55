import { closeSync, openSync, writeSync } from "node:fs";

const linesAtOnce = 16_384;

/** All the values of a column, `length` of them. Columns of 8 keep the different pieces few, and their search quick. */
function column(length: number, text: (value: number) => string): readonly string[] {
  return Array.from({ length }, (_, value) => text(value).padEnd(8));
}

const digits = (value: number, length: number) => String(value).padStart(length, "0");
const winds = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

const columns = [
  column(5_400, (value) => ` ${digits(value % 90, 2)}-${digits(Math.floor(value / 90), 2)}N`),
  column(10_800, (value) => ` ${digits(value % 180, 3)}-${digits(Math.floor(value / 180), 2)}E`),
  column(8 * 13, (value) => ` ${winds[value % 8]} ${Math.floor(value / 8)}`),
  column(100, (value) => ` ${950 + value}hPa`),
  column(400, (value) => ` ${(value / 10 - 5).toFixed(1)}C`),
  column(360, (value) => ` hdg ${digits(value, 3)}`),
  column(200, (value) => ` ${(value / 10).toFixed(1)}kn`.padEnd(7).concat("\n")),
];

/**
 * Writes the file that crosses: a ship's log of `bytes` bytes, the same each time. It is text, a line of 64 bytes for
 * every minute, so that whoever sees a piece of it sees what it is; and no two lines are alike.
 */
export function writeCargo(path: string, bytes: number): void {
  const file = openSync(path, "w");
  try {
    let random = 0x9e3779b9;
    for (let minute = 0, left = bytes; left > 0; ) {
      let text = "";
      for (let i = 0; i < linesAtOnce && text.length < left; i++, minute++) {
        text += digits(minute, 8);
        for (const values of columns) {
          // xorshift32 (Marsaglia 2003): not secret, only varied, and the same each time.
          random ^= random << 13;
          random ^= random >>> 17;
          random ^= random << 5;
          text += values[(random >>> 0) % values.length];
        }
      }
      left -= writeSync(file, text.slice(0, left), null, "latin1");
    }
  } finally {
    closeSync(file);
  }
}
