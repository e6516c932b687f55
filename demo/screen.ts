import { styleText } from "node:util";
import type { Step } from "./scenes.ts";

/** Colours only for a terminal that has them; `NO_COLOR` (https://no-color.org) and `TERM=dumb` are heeded. */
const hasColors = process.stdout.isTTY === true && process.stdout.hasColors();
const width = Math.min(process.stdout.columns || 100, 100);

type Style = Parameters<typeof styleText>[0];

function styled(style: Style, text: string): string {
  return hasColors ? styleText(style, text) : text;
}

export function say(text = ""): void {
  console.log(text);
}

export function sayTitle(title: string): void {
  console.log(`\n${styled("bold", title)}`);
}

/** A line, and under it the error as a user sees it. */
export function sayStep({ text, isAsExpected, instead, error }: Step): void {
  const mark = isAsExpected ? styled("green", "✓") : styled("red", "✗");
  const [first = "", ...rest] = wrapped(text, width - 4);
  console.log([`  ${mark} ${first}`, ...rest.map((line) => `    ${line}`)].join("\n"));
  if (!isAsExpected) console.log(styled("red", indented(`NOT AS EXPECTED${instead ? `: ${instead}` : ""}`)));
  if (error === undefined) return;
  const isTold = error.cause === undefined || error.message.includes(error.cause);
  const cause = isTold ? "" : ` [cause: ${error.cause}]`;
  console.log(
    indented(`${error.code}: ${error.message}${cause}`).replace(error.code, styled("yellow", error.code)),
  );
}

export function sayVerdict(isAsExpected: boolean, text: string): void {
  console.log(`\n${styled(isAsExpected ? "green" : "red", wrapped(text, width).join("\n"))}`);
}

function indented(text: string): string {
  return wrapped(text, width - 6)
    .map((line) => `      ${line}`)
    .join("\n");
}

/** Lines of at most so many characters where the words allow it. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
