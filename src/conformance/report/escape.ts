/**
 * A text for XML 1.0 and HTML, between tags and in quotes. Characters that XML can't have at all (most control characters,
 * lone surrogates, U+FFFE and U+FFFF), and those that turn what is shown around, are shown by their number: what a shim
 * prints is as untrusted as any input.
 */
export function escaped(text: string): string {
  return text.replace(unsafe, (character) => {
    const named = names[character];
    if (named !== undefined) return named;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

const names: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const unsafe =
  /[&<>"']|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udfff]/gu;

/** A text for a terminal: the same characters, and none is left that a terminal obeys. */
export function plainText(text: string): string {
  return text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
