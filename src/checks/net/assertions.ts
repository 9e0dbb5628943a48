import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../core/json.ts";
import { printable } from "../../core/text.ts";

/** What is asked of one place in a JSON body. */
export interface JsonAssertion {
  /** RFC 6901: `/status`, `/checks/0/name`; empty: the whole body. */
  pointer: string;
  equals?: Json;
  oneOf?: Json[];
  /** Source of a regular expression; a value that is no string is matched as its JSON. */
  matches?: string;
  exists?: boolean;
}

export interface BodyAssertions {
  contains?: string;
  json?: JsonAssertion[];
}

/** Values are shown up to here. */
/** Generous: what is cut before it is masked could show the beginning of a secret. */
const shownLength = 4000;

/** Each assertion that does not hold, as a sentence; never more of the body than the value that was asked about. */
export function bodyProblems(body: string, cut: boolean, assertions: BodyAssertions): string[] {
  const problems: string[] = [];
  const { contains, json = [] } = assertions;
  if (contains !== undefined && !body.includes(contains)) {
    problems.push(`the body does not contain ${show(contains)}${cut ? " where it was read" : ""}`);
  }
  if (json.length === 0) return problems;
  const parsed = parseBody(body, cut);
  if ("problem" in parsed) return [...problems, parsed.problem];
  for (const assertion of json) {
    const problem = jsonProblem(parsed.value, assertion);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/** The JSON value of a body, or the sentence that says why there is none. */
export function parseBody(body: string, cut: boolean): { value: Json } | { problem: string } {
  if (cut) return { problem: "the body is too large to read" };
  try {
    return { value: JSON.parse(body.replace(/^\ufeff/, "")) as Json };
  } catch {
    return { problem: "the body is not JSON" };
  }
}

/** The value at an RFC 6901 pointer; undefined when there is none. */
export function valueAt(document: Json, pointer: string): Json | undefined {
  if (pointer === "") return document;
  let value: Json | undefined = document;
  for (const part of pointer.slice(1).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (value === null || typeof value !== "object") return undefined;
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
    else value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** A value as it may be shown: one line of JSON, cut. */
export function show(value: Json): string {
  return printable(JSON.stringify(value), shownLength);
}

function jsonProblem(document: Json, assertion: JsonAssertion): string | undefined {
  const { pointer, equals, oneOf, matches, exists } = assertion;
  const where = pointer === "" ? "the body" : printable(pointer, shownLength);
  const found = valueAt(document, pointer);
  if (exists === false) return found === undefined ? undefined : `${where} is there, expected to be missing`;
  const came = found === undefined ? "missing" : show(found);
  if (equals !== undefined && (found === undefined || !isDeepStrictEqual(found, equals))) {
    return `${where} is ${came}, expected ${show(equals)}`;
  }
  if (oneOf !== undefined && !oneOf.some((one) => isDeepStrictEqual(found, one))) {
    return `${where} is ${came}, expected one of ${oneOf.map(show).join(", ")}`;
  }
  if (matches !== undefined && !matched(found, matches)) {
    return `${where} is ${came}, expected to match ${printable(matches, shownLength)}`;
  }
  return found === undefined ? `${where} is missing` : undefined;
}

function matched(found: Json | undefined, source: string): boolean {
  if (found === undefined) return false;
  return new RegExp(source, "u").test(typeof found === "string" ? found : JSON.stringify(found));
}
