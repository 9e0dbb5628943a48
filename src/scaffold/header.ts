import { createHash } from "node:crypto";

/** How a kind of file says something to people only. */
export type CommentStyle = "#" | "//" | "<!--" | "json";

/** What the first line of a generated file tells. */
export interface Header {
  /** Words after `release-sentinel init`, as they were given or found. */
  readonly args: readonly string[];
  /** Of the tool that wrote it. */
  readonly version: string;
  /** Of the file without this line, as it was written. */
  readonly digest: string;
}

const pattern =
  /^.*Written by: release-sentinel init ([^()\n]*?) ?\((\d[\w.+-]*), sha256:([0-9a-f]{16})\).*\n?/m;
/** It stands at the beginning. */
const headLength = 2000;

/** A generated file with its header: the first line, but after a `#!`, and in JSON the first key. */
export function withHeader(
  body: string,
  style: CommentStyle,
  by: { readonly args: readonly string[]; readonly version: string },
): string {
  const said = `Written by: release-sentinel init ${by.args.join(" ")} (${by.version}, sha256:${digestOf(body)})`;
  if (style === "json") return body.replace(/^\{\n/, `{\n  "//": ${JSON.stringify(said)},\n`);
  return `${style} ${said}${style === "<!--" ? " -->" : ""}\n${body}`;
}

/** Undefined for a file that `init` has not written, or whose header somebody took away. */
export function readHeader(text: string): Header | undefined {
  const found = pattern.exec(unixLines(text).slice(0, headLength));
  if (!found) return undefined;
  const [, args = "", version = "", digest = ""] = found;
  return { args: args.split(" ").filter((word) => word !== ""), version, digest };
}

/** What is left without the header. */
export function bodyOf(text: string): string {
  const lines = unixLines(text);
  return lines.slice(0, headLength).replace(pattern, "") + lines.slice(headLength);
}

export function digestOf(body: string): string {
  return createHash("sha256").update(unixLines(body)).digest("hex").slice(0, 16);
}

/** A checkout may have made CRLF of the line ends; that is nobody's edit. */
export function unixLines(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}
