import { KubectlFailure, type KubectlReason } from "../../clients/kubectl.ts";
import { type Reason, StepFailure } from "../../core/step.ts";

/** A preview that `sweep` has looked at. */
export interface SweptPreview {
  readonly namespace: string;
  readonly pr: number | null;
  readonly repository: string | null;
  /** RFC 3339. */
  readonly expiresAt: string | null;
  /** `expired`: it would be removed. `stuck`: it does not go. `unreadable`: nothing says when it ends, or whose it is. */
  readonly state: "kept" | "expired" | "removed" | "stuck" | "unreadable";
  readonly message: string;
}

/** How a command about previews ended; its JSON form. Fields are added, never renamed. */
export interface PreviewOutcome {
  readonly schema: "release-sentinel/preview/v1";
  readonly command: "deploy" | "cleanup" | "sweep";
  readonly outcome: "up" | "planned" | "removed" | "absent" | "swept" | "blocked" | "failed" | "interrupted";
  readonly exitCode: 0 | 1 | 2;
  readonly message: string;
  readonly reasons: readonly Reason[];
  /** `https://10.0.0.1:6443 (context dev)`; null where it did not come to that. */
  readonly cluster: string | null;
  readonly pr: number | null;
  readonly namespace: string | null;
  /** RFC 3339. */
  readonly expiresAt: string | null;
  readonly objects: readonly { readonly subject: string; readonly action: string }[];
  readonly previews: readonly SweptPreview[];
  /** The command that goes on from here; null where nothing is left to do. */
  readonly resume: string | null;
}

/** It is not allowed as it was asked for; nothing was touched that is not ours. */
export class Blocked extends Error {
  readonly reasons: readonly Reason[];
  constructor(reasons: readonly Reason[]) {
    super(reasons.map(({ message }) => message).join("; "));
    this.reasons = reasons;
  }
}

/** What is wrong is with what was asked, and stays so until somebody mends it. */
const definite: ReadonlySet<KubectlReason> = new Set<KubectlReason>([
  "Forbidden",
  "NotFound",
  "Invalid",
  "BadRequest",
  "NoKind",
  "FieldConflict",
  "context",
  "missing",
]);
const remedies: Partial<Record<KubectlReason, string>> = {
  Forbidden: "kubectl auth can-i --list; previews need get, list, create, patch and delete of namespaces",
  missing: "install kubectl where this runs",
  Unauthorized: "log in to the cluster again",
  Conflict: "somebody else has changed it meanwhile: run it again",
  AlreadyExists: "somebody else was quicker: run it again",
  unreachable: "see that the API server can be reached from here: kubectl cluster-info",
  timeout: "see that the API server can be reached from here: kubectl cluster-info",
};

/** What went wrong, for people; rethrows what is a bug or an interrupt. */
export function explain(error: unknown): { readonly exitCode: 1 | 2; readonly reasons: readonly Reason[] } {
  if (error instanceof Blocked) return { exitCode: 1, reasons: error.reasons };
  if (error instanceof StepFailure) {
    const { message, remedy, final } = error;
    return { exitCode: final ? 1 : 2, reasons: [{ message, ...(remedy === undefined ? {} : { remedy }) }] };
  }
  if (!(error instanceof KubectlFailure)) throw error;
  const remedy = remedies[error.reason];
  const reason = { message: error.message, ...(remedy === undefined ? {} : { remedy }) };
  return { exitCode: definite.has(error.reason) ? 1 : 2, reasons: [reason] };
}
