/**
 * What a suite needs of this machine. Where it is missing, the suite is skipped, with this reason in its name;
 * where everything must be there (RS_TEST_REQUIRE=all), it fails.
 */
export function required<T>(
  what: string,
  found: T | undefined,
): { found: T; skip: false } | { found: undefined; skip: true } {
  if (found !== undefined) return { found, skip: false };
  if (process.env["RS_TEST_REQUIRE"] === "all") throw new Error(`this suite needs ${what}`);
  return { found: undefined, skip: true };
}
