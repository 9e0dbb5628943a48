import { describe, expect, it } from "vitest";
import { StepFailure } from "../../../../src/core/step.ts";
import { afterAbort } from "../../../../src/deploy/argo/both.ts";

const never = new AbortController().signal;

describe("a way back that begins with an abort", () => {
  it("is taken though the abort failed, and says so afterwards", async () => {
    const done: string[] = [];
    const restore = async () => done.push("restored");
    const failing = async () => {
      throw new StepFailure("may not update rollouts/status", "ask for it", true);
    };
    await expect(afterAbort(failing, restore, never)).rejects.toMatchObject({
      message: expect.stringContaining("put back, but the rollout was not aborted: may not update"),
      remedy: "ask for it",
    });
    expect(done).toEqual(["restored"]);
  });

  it("ends with the signal", async () => {
    const reason = new Error("enough");
    const restore = async () => "restored";
    const failing = async () => {
      throw new StepFailure("cut off");
    };
    await expect(afterAbort(failing, restore, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await afterAbort(async () => "aborted", restore, never)).toBe("restored");
  });
});
