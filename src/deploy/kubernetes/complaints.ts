import type { Complaint } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { argumentOf, type KubeObject, refOf, say } from "./object.ts";
import { conflict } from "./proof.ts";
import type { Typed } from "./typed.ts";

/** An object that the server would not take, and why. */
export interface Refused {
  readonly object: KubeObject;
  /** `k8s/web.yaml:12` */
  readonly where: string;
  readonly complaint: Complaint;
}

/** What stands in the way, with what to do about it; the same complaint about many objects is one. */
export function refusedProofs(refused: readonly Refused[], typed: Typed): Proof[] {
  const byMessage = new Map<string, Refused[]>();
  for (const one of refused) {
    const same = byMessage.get(one.complaint.message) ?? [];
    byMessage.set(one.complaint.message, [...same, one]);
  }
  return [...byMessage.values()].flatMap((same) => {
    const [first, ...others] = same;
    if (first === undefined) return [];
    const { message, remedy } = explain(first, typed);
    const more = others.length === 0 ? "" : ` (and so for ${others.length} more)`;
    return [conflict(`${first.where}: ${message}${more}`, remedy)];
  });
}

interface Explained {
  readonly message: string;
  readonly remedy?: string;
}

function explain({ object, complaint }: Refused, typed: Typed): Explained {
  const { reason } = complaint;
  // The object is named already.
  const message = withoutDump(complaint.message.replace(/^(The )?[\w.]+ "[^"]*" is invalid: /, ""));
  const [subject, { namespace }] = [say(refOf(object)), object.metadata];
  const missing = /namespaces "([^"]+)" not found/.exec(message)?.[1];
  if (missing !== undefined) {
    return {
      message: `there is no namespace ${missing}`,
      remedy: typed(undefined, ["create", "namespace", missing]),
    };
  }
  if (message.includes("exceeded quota")) {
    return {
      message: `${subject} exceeds a quota: ${message}`,
      remedy: typed(namespace, ["describe", "quota"]),
    };
  }
  if (reason === "Forbidden") {
    return {
      message: `${subject} is refused: ${message}`,
      remedy: typed(namespace, ["auth", "can-i", "--list"]),
    };
  }
  if (reason === "FieldConflict") return fieldConflict(subject, message);
  if (reason === "NoKind") {
    return {
      message: `the cluster knows no ${kindOf(object)}`,
      remedy: "install its CRD first, or mend apiVersion and kind",
    };
  }
  if (
    /immutable|may not change|updates to statefulset spec for fields other than|is forbidden after creation/.test(
      message,
    )
  ) {
    return { message: `${subject} cannot be changed so: ${message}`, remedy: renewal(object, typed) };
  }
  if (message.includes("Too long: must have at most 262144")) {
    return {
      message: `${subject} is too large for a client-side apply`,
      remedy: "apply it with --server-side",
    };
  }
  if (reason === "Invalid" || reason === "BadRequest")
    return { message: `${subject} is not valid: ${message}` };
  return { message: `${subject}: ${message}` };
}

/** The server shows a value that may not change as it has it in memory, all of it; so long that its end may be cut off. */
function withoutDump(message: string): string {
  return message.replace(
    /: Invalid value: &?[\w.[\]]+\{.*?(?:\}: ([^{}]*))?$/s,
    (_, why: string | undefined) => `: ${why ?? "field is immutable"}`,
  );
}

function fieldConflict(subject: string, message: string): Explained {
  const managers = [...message.matchAll(/conflicts? with "([^"]+)"/g)].map(([, name]) => name);
  const fields = [...message.matchAll(/ (\.[^\s:;,]+)/g)].map(([, field]) => field);
  const who = [...new Set(managers)].join(", ") || "another manager";
  const what = fields.length === 0 ? "some of its fields" : fields.slice(0, 5).join(", ");
  return {
    message: printable(`${subject}: ${what} belong to ${who}, who says otherwise`, 600),
    remedy: "take these fields out of the manifest, or have that manager give them up",
  };
}

/** What cannot be changed can be made anew: a Job under another name, a workload after its old self. */
function renewal(object: KubeObject, typed: Typed): string {
  if (object.kind === "Job") return "name it after the version (migrate-1-4-2): a Job cannot be changed";
  const word = argumentOf(refOf(object));
  const { namespace } = object.metadata;
  // A StatefulSet takes over its pods; those of another kind would run on beside the new ones.
  return object.kind === "StatefulSet"
    ? `keep the field as it is, or make it anew around its pods: ${typed(namespace, ["delete", "--cascade=orphan", word])}`
    : `keep the field as it is, or make it anew, with its pods gone until then: ${typed(namespace, ["delete", word])}`;
}

function kindOf({ apiVersion, kind }: KubeObject): string {
  return `${printable(kind, 100)} in ${printable(apiVersion, 100)}`;
}
