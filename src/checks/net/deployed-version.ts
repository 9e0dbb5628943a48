import type { HttpAnswer } from "../../clients/readers.ts";
import type { Target } from "../../core/target.ts";
import { printable } from "../../core/text.ts";
import { parseBody, show, valueAt } from "./assertions.ts";

/** Where the deployed version is told: a pointer into a JSON body, a header, else the whole body; and which it must be. */
export interface DeployedVersion {
  pointer?: string;
  header?: string;
  /** `${version}`, and nothing at all, is the target's version. */
  equals?: string;
}

/** The version that an answer tells, fit to be shown; null when it tells none. */
export function versionTold(answer: HttpAnswer, version: DeployedVersion | undefined): string | null {
  if (!version) return null;
  if (version.header !== undefined) return short(answer.headers[version.header.toLowerCase()]);
  if (version.pointer === undefined) return answer.bodyCut ? null : short(answer.body);
  const parsed = parseBody(answer.body, answer.bodyCut);
  const value = "value" in parsed ? valueAt(parsed.value, version.pointer) : undefined;
  return typeof value === "string" || typeof value === "number" ? short(String(value)) : null;
}

export function versionExpected(version: DeployedVersion | undefined, target: Target): string | undefined {
  const wanted = version?.equals;
  return wanted === undefined || wanted === "${version}" ? target.version : wanted;
}

/** The sentence that says what came instead of the version expected; none when they are the same but for a leading v. */
export function versionProblems(
  told: string | null,
  wanted: string | undefined,
  version: DeployedVersion | undefined,
): string[] {
  if (!version || wanted === undefined) return [];
  if (told !== null && plain(told) === plain(wanted)) return [];
  const where =
    version.header === undefined ? (version.pointer ?? "the version") : `header ${version.header}`;
  return [`${printable(where, 80)} is ${told === null ? "missing" : show(told)}, expected ${show(wanted)}`];
}

function plain(version: string): string {
  return version.replace(/^v(?=\d)/, "");
}

function short(text: string | undefined): string | null {
  return text?.trim() ? printable(text.trim(), 4000) : null;
}
