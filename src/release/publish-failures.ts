import { GitHubError } from "../clients/github/errors.ts";
import { SentinelError } from "../core/errors.ts";
import { type Observed, StepFailure } from "../core/step.ts";
import { isRefusal } from "./publish-proofs.ts";

/** What GitHub refuses for good is a conflict; what could not be found out is unknown. */
export async function looking(look: () => Promise<Observed>): Promise<Observed> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const { message, remedy } = error;
    return { state: isRefusal(error) ? "conflict" : "unknown", message, remedy };
  }
}

/** @throws StepFailure for what GitHub did not do */
export async function acting(act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof GitHubError
      ? new StepFailure(error.message, error.remedy, error.kind === "burned" || error.kind === "immutable")
      : error;
  }
}

/** A failure that people were given a remedy for; every other one is not expected. */
export function isForPeople(error: unknown): error is StepFailure | SentinelError {
  return error instanceof StepFailure || error instanceof SentinelError;
}
