import { nearest, printable } from "../../core/text.ts";
import { runLink } from "../alert.ts";
import { type FieldName, type Fields, fieldNames } from "./message.ts";

const longest = 20_000;

/** A text of the user's own: pieces of it, and fields between them. */
export type Template = readonly (string | { readonly field: FieldName })[];

/** A template that cannot be used. The message says where and why. */
export class TemplateProblem extends Error {
  override readonly name = "TemplateProblem";
}

/** @param file what it is called in messages. @throws TemplateProblem */
export function parseTemplate(text: string, file: string): Template {
  const problem = (at: number, why: string) => {
    const before = text.slice(0, at).split("\n");
    return new TemplateProblem(
      `${printable(file, 300)}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${why}`,
    );
  };
  if (text.trim() === "") throw problem(0, "the template is empty");
  if (text.length > longest) throw problem(longest, `the template is longer than ${longest} characters`);
  const pieces: (string | { readonly field: FieldName })[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{(.*?)(\}\}|$)/gms)) {
    const [whole, inner = "", close] = match;
    const name = inner.trim();
    if (close !== "}}" || inner.includes("\n")) throw problem(match.index, "{{ is not closed on its line");
    if (!isField(name)) {
      const near = nearest(name, fieldNames);
      throw problem(
        match.index,
        `there is no field {{${printable(name, 60)}}}${near ? `, did you mean {{${near}}}?` : ""} (fields: ${fieldNames.join(", ")})`,
      );
    }
    pieces.push(text.slice(end, match.index), { field: name });
    end = match.index + whole.length;
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== "");
}

/** The text with its fields filled in; `escaped` makes one line of a value safe, `url` an address. */
export function fillTemplate(
  template: Template,
  fields: Fields,
  escaped: (line: string) => string,
  url: (address: string) => string,
): string {
  return template
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const value = fields[piece.field];
      if (typeof value !== "string") return value.map((line) => `• ${escaped(line)}`).join("\n");
      return /Url$/.test(piece.field) ? url(value) : escaped(value);
    })
    .join("");
}

/** An address that is safe in a text; nothing for what is no http(s) URL. */
export function urlInText(address: string): string {
  return runLink({ runUrl: address })?.replaceAll("@", "%40") ?? "";
}

function isField(name: string): name is FieldName {
  return (fieldNames as readonly string[]).includes(name);
}
