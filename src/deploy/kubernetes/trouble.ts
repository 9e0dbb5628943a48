import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { StepFailure } from "../../core/step.ts";

/** What is certain not to change by itself, and is the user's to mend; of all else nobody knows what is there. */
const certain: ReadonlySet<string> = new Set([
  "Forbidden",
  "Invalid",
  "BadRequest",
  "NoKind",
  "FieldConflict",
  "MethodNotAllowed",
  "context",
  "NotFound",
]);

/** Does what a driver does, and says for people what kubectl could not. @throws StepFailure */
export async function asStep<T>(kubectl: Kubectl, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
    throw new StepFailure(sentence(error), remedy(error, kubectl), certain.has(error.reason));
  }
}

function sentence({ reason, message }: KubectlFailure): string {
  switch (reason) {
    case "unreachable":
    case "timeout":
      return `the cluster does not answer: ${message}`;
    case "Unauthorized":
    case "credentials":
      return `the cluster does not let us in: ${message}`;
    case "certificate":
      return `the cluster is not trusted: ${message}`;
    default:
      return message;
  }
}

function remedy({ reason }: KubectlFailure, kubectl: Kubectl): string | undefined {
  switch (reason) {
    case "missing":
      return "install kubectl, and see that it is on PATH";
    case "unreachable":
    case "timeout":
    case "certificate":
    case "ServiceUnavailable":
      return kubectl.typed(["cluster-info"]);
    case "Unauthorized":
    case "credentials":
      return `log in again; then ${kubectl.typed(["auth", "can-i", "--list"])}`;
    case "Forbidden":
      return kubectl.typed(["auth", "can-i", "--list"]);
    default:
      return undefined;
  }
}
