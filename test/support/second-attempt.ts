import { appendFileSync } from "node:fs";
import type { Reporter, TestCase } from "vitest/node";

/**
 * Names each test that passed at a second attempt only, and what the first one met, in the file RS_TEST_SECOND_ATTEMPTS: it
 * depends on chance, and is to be mended.
 */
export default class SecondAttempts implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const file = process.env["RS_TEST_SECOND_ATTEMPTS"];
    if (file === undefined || !test.diagnostic()?.flaky) return;
    const met = test.result().errors?.[0]?.message ?? "";
    appendFileSync(
      file,
      `${test.module.relativeModuleId} > ${test.fullName}\n${met.replace(/^/gm, "    ")}\n`,
    );
  }
}
