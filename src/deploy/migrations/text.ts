/** A place in a file, both from 1; columns are characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A text whose places are known by bytes, as the parser counts, and by characters, as the server does. */
export interface SourceText {
  readonly text: string;
  /** @param byte offset in UTF-8, from 0 */
  at(byte: number): Place;
  slice(from: number, to: number): string;
  /** @param character code points, from 0 */
  byteOf(character: number): number;
}

export function createSourceText(text: string): SourceText {
  const bytes = Buffer.from(text);
  const breaks: number[] = [];
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) breaks.push(i);
  const slice = (from: number, to: number) => bytes.toString("utf8", from, to);
  return {
    text,
    slice,
    at(byte) {
      let low = 0;
      let high = breaks.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((breaks[middle] ?? 0) < byte) low = middle + 1;
        else high = middle;
      }
      const lineStart = low === 0 ? 0 : (breaks[low - 1] ?? 0) + 1;
      return { line: low + 1, column: [...slice(lineStart, byte)].length + 1 };
    },
    byteOf: (character) => Buffer.byteLength([...text].slice(0, Math.max(0, character)).join("")),
  };
}
