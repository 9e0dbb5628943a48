import { describe, expect, it } from "vitest";
import { KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { patiently } from "../../../../src/deploy/kubernetes/patience.ts";
import { forever } from "../../../support/kubectl.ts";

function failing(reason: KubectlFailure["reason"], times: number) {
  let asked = 0;
  return {
    asked: () => asked,
    ask: async () => {
      asked += 1;
      if (asked <= times) throw new KubectlFailure([{ reason, message: reason }]);
      return "well";
    },
  };
}

describe("patience", () => {
  it.each(["unreachable", "Conflict", "ServiceUnavailable"] as const)(
    "asks again after %s",
    async (reason) => {
      const server = failing(reason, 1);
      expect(await patiently(server.ask, forever)).toBe("well");
      expect(server.asked()).toBe(2);
    },
  );

  it.each(["Forbidden", "Invalid", "missing"] as const)("does not ask again after %s", async (reason) => {
    const server = failing(reason, 1);
    await expect(patiently(server.ask, forever)).rejects.toMatchObject({ reason });
    expect(server.asked()).toBe(1);
  });

  it("ends when the work is given up", async () => {
    const controller = new AbortController();
    const work = patiently(failing("unreachable", 9).ask, controller.signal);
    controller.abort(new Error("stop"));
    await expect(work).rejects.toThrow("stop");
  });
});
