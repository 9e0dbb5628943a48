/** What JSON can hold. Observations are made of it, so that a past run can be judged again. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/** What a text says as JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same where that is an object, or a list. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : undefined;
}
