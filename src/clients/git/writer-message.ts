import { printable } from "../../core/text.ts";
import { signatureStart } from "./tag-object.ts";

export type Trailer = readonly [name: string, value: string];

/** A tag's message: the text, then the trailers. Neither can pass for the other, or for a signature. */
export function tagMessage(text: string, trailers: readonly Trailer[]): string {
  const lines = text.replace(/\r\n?/g, "\n").trim().split("\n").map(safeLine);
  const paragraphs = [lines.join("\n"), trailers.map(safeTrailer).join("\n")];
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}

function safeLine(line: string): string {
  const parts = line.split("\t").map((part) => printable(part, Number.POSITIVE_INFINITY));
  const safe = parts.join("\t").trimEnd();
  return signatureStart.test(safe) ? ` ${safe}` : safe;
}

function safeTrailer([name, value]: Trailer): string {
  return `${name}: ${printable(value.replace(/\s+/g, " ").trim(), 1000)}`;
}
