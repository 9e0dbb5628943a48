import { expect, it } from "vitest";
import { retryAfterMs } from "../../../src/core/retry-after.ts";

const now = Date.parse("2026-11-21T10:00:00Z");

it.each([
  ["7", 7000],
  [" 0 ", 0],
  ["0.2501", 251],
  ["Sat, 21 Nov 2026 10:00:09 GMT", 9000],
  ["Sat, 21 Nov 2026 09:00:00 GMT", 0],
  ["soon", undefined],
  ["-1", undefined],
  ["tomorrow 9:00", undefined],
  ["Nov, in a week", undefined],
  ["", undefined],
  [undefined, undefined],
])("understands Retry-After: %s", (text, ms) => {
  expect(retryAfterMs(text, now)).toBe(ms);
});
