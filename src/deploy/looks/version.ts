import type { HttpAnswer, HttpReader } from "../../clients/readers.ts";
import { parseJson } from "../../core/json.ts";
import { printable, showUrl } from "../../core/text.ts";
import type { Look } from "../driver.ts";
import { askOnce, askUntilWell, lookedAt } from "./ask.ts";

const bodyBytes = 64 * 1024;

/**
 * The version that a service says it is must be the one that was deployed; a leading v makes no difference.
 * @param field where in its JSON, `a.b.c`; without it the whole answer holds the version
 */
export function versionLook(
  http: HttpReader,
  { url, field, version, forMs }: { url: string; field?: string; version: string; forMs: number },
): Look {
  const question = {
    url,
    maxBodyBytes: bodyBytes,
    wrong: (answer: HttpAnswer) => wrongVersion(answer, field, version),
  };
  return {
    id: "verify.version",
    title: `Ask ${showUrl(url)} for its version`,
    async prove(signal) {
      // It is another version still: all that can be seen is whether it can be asked.
      const { blind, message } = await askOnce(http, { ...question, wrong: () => undefined }, signal);
      if (!blind) return [];
      return [{ state: "notice", message: `before the deploy, ${message}` }];
    },
    async look(_since, signal) {
      return lookedAt(await askUntilWell(http, question, forMs, signal), forMs);
    },
  };
}

function wrongVersion({ body }: HttpAnswer, field: string | undefined, wanted: string): string | undefined {
  if (field === undefined) {
    const found = body.split(/[^\w.+-]+/).some((word) => plain(word) === plain(wanted));
    return found ? undefined : `does not say ${printable(wanted, 100)}`;
  }
  const told = valueAt(parseJson(body), field);
  if (told === undefined) return `says no ${printable(field, 100)}`;
  return plain(told) === plain(wanted)
    ? undefined
    : `says ${printable(field, 100)} is ${printable(told, 100)}, not ${printable(wanted, 100)}`;
}

function plain(version: string): string {
  return version.trim().replace(/^v(?=\d)/, "");
}

function valueAt(value: unknown, field: string): string | undefined {
  let at = value;
  for (const key of field.split(".")) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === "string" || typeof at === "number" ? String(at) : undefined;
}
