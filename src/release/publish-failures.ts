import { GitHubError } from "../clients/github/errors.ts";
import { SentinelError } from "../core/errors.ts";
import { StepFailure } from "../core/step.ts";
import type { Session } from "./publish-world.ts";

/** What GitHub refuses for good is a conflict; what could not be found out is unknown. */
export async function looking<T extends object>(look: () => Promise<T>): Promise<T | Refused> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const { kind, message, remedy } = error;
    const isRefusal = kind === "token" || kind === "permission" || kind === "missing";
    return { state: isRefusal ? "conflict" : "unknown", message, remedy };
  }
}

interface Refused {
  readonly state: "conflict" | "unknown";
  readonly message: string;
  readonly remedy: string;
}

/** Whatever came of it, what was read before no longer counts. @throws StepFailure for what GitHub did not do */
export async function acting(session: Pick<Session, "wrote">, act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof GitHubError
      ? new StepFailure(error.message, error.remedy, error.kind === "burned" || error.kind === "immutable")
      : error;
  } finally {
    session.wrote();
  }
}

/** What may not be there yet. A failure that people were given no remedy for is not expected, and thrown. */
export async function ifThere<T>(
  read: () => Promise<T>,
): Promise<{ readonly found: T } | { readonly found: null; readonly why: StepFailure | SentinelError }> {
  try {
    return { found: await read() };
  } catch (why) {
    if (why instanceof StepFailure || why instanceof SentinelError) return { found: null, why };
    throw why;
  }
}
