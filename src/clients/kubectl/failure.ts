import { count, printable } from "../../core/text.ts";

/**
 * Why kubectl or the API server refused, by the server's own word (`NotFound`, `Forbidden`, …) where it says one.
 * Ours: `FieldConflict` another field manager owns a field · `NoKind` the server knows no such kind · `unreachable` ·
 * `timeout` · `certificate` it is not trusted · `credentials` a helper program failed · `context` no such context, or
 * an unusable kubeconfig · `missing` there is no kubectl · `other`.
 */
export type KubectlReason =
  | "NotFound"
  | "Forbidden"
  | "Conflict"
  | "AlreadyExists"
  | "Invalid"
  | "BadRequest"
  | "Unauthorized"
  | "MethodNotAllowed"
  | "TooManyRequests"
  | "ServerTimeout"
  | "ServiceUnavailable"
  | "InternalError"
  | "FieldConflict"
  | "NoKind"
  | "unreachable"
  | "timeout"
  | "certificate"
  | "credentials"
  | "context"
  | "missing"
  | "other";

/** One complaint of kubectl's; it may make several in one run. */
export interface Complaint {
  readonly reason: KubectlReason;
  /** One line, printable. Masking is the output's affair. */
  readonly message: string;
}

/** kubectl could not do what it was told. The message is one printable line. */
export class KubectlFailure extends Error {
  override readonly name = "KubectlFailure";
  readonly reason: KubectlReason;
  /** Waiting and trying again may help. */
  readonly transient: boolean;
  /** All of them; at least one. The first gives the reason. */
  readonly complaints: readonly Complaint[];
  constructor(complaints: readonly [Complaint, ...Complaint[]]) {
    const [first, ...rest] = complaints;
    super(rest.length > 0 ? `${first.message} (and ${count(rest.length, "more error")})` : first.message);
    this.reason = first.reason;
    this.complaints = complaints;
    this.transient = complaints.every(({ reason }) => transient.has(reason));
  }

  /** Of what kubectl wrote to stderr when it failed. */
  static from(stderr: string): KubectlFailure {
    const [first, ...rest] = complaintsFrom(stderr);
    return new KubectlFailure([
      first ?? { reason: "other", message: "kubectl failed and said nothing" },
      ...rest,
    ]);
  }
}

const transient: ReadonlySet<KubectlReason> = new Set<KubectlReason>([
  "TooManyRequests",
  "ServerTimeout",
  "ServiceUnavailable",
  "InternalError",
  "unreachable",
  "timeout",
]);

/** What kubectl wrote to stderr when it failed, in our words and in its order. */
function complaintsFrom(stderr: string): Complaint[] {
  return paragraphs(stderr).map((text) => ({ reason: reasonOf(text), message: printable(tidy(text), 1000) }));
}

/** `Warning: …` lines of the API server (deprecations), without that word. */
export function warningsFrom(stderr: string): string[] {
  const lines = stderr.split(/\r?\n/).filter((line) => line.startsWith("Warning: "));
  return [...new Set(lines.map((line) => printable(line.slice("Warning: ".length), 500)))];
}

/** klog's lines repeat what the last line says; warnings are no errors. */
const noise = /^([EWIF]\d{4} \d\d:\d\d|W?arning: |WARNING: )/;
const opening =
  /^(Error from server|Error in configuration|error:|Error:|The .* is invalid:|The connection to|Unable to connect|Unexpected error|Get "|Flag --|unable to )/;

function paragraphs(stderr: string): string[] {
  const result: string[] = [];
  for (const raw of stderr.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "" || noise.test(line)) continue;
    if (result.length === 0 || opening.test(line)) result.push(line);
    else if (result.length > 0) result[result.length - 1] += ` ${line}`;
  }
  if (result.length > 0) return result;
  // Some commands (kustomize) say it through klog alone.
  return [...stderr.matchAll(/"command failed" err="(.*)"$/gm)].flatMap(([, text]) => text ?? []);
}

const rules: readonly (readonly [RegExp, KubectlReason])[] = [
  [/x509: |tls: (failed to verify|bad certificate|unknown certificate|protocol)/, "certificate"],
  [/getting credentials|exec plugin|executable \S+ (not found|failed)/, "credentials"],
  [
    /context was not found|cannot locate (context|cluster|user)|context "?[^"]*"? does not exist|no context exists|current-context must exist|cluster "[^"]*" does not exist/,
    "context",
  ],
  [/error loading config file|invalid configuration|couldn't get version\/kind/, "context"],
  [/Apply failed with \d+ conflict/, "FieldConflict"],
  [/must be logged in|\(Unauthorized\)|asked for the client to provide credentials/, "Unauthorized"],
  [/no matches for kind|doesn't have a resource type|could not find the requested resource/, "NoKind"],
  [
    /TLS handshake timeout|i\/o timeout|deadline exceeded|Client\.Timeout exceeded|request canceled/,
    "timeout",
  ],
  [
    /was refused|Unable to connect|dial tcp|connection (refused|reset)|unexpected EOF|: EOF$|client connection lost|no such host|no route to host|network is unreachable|server closed|GOAWAY|broken pipe/,
    "unreachable",
  ],
  [/etcdserver: (request timed out|leader changed|no leader)/, "ServerTimeout"],
  [/currently unable to handle the request/, "ServiceUnavailable"],
  [/ is invalid:|error validating /, "Invalid"],
];

const named: ReadonlySet<string> = new Set<KubectlReason>([
  "NotFound",
  "Forbidden",
  "Conflict",
  "AlreadyExists",
  "Invalid",
  "BadRequest",
  "Unauthorized",
  "MethodNotAllowed",
  "TooManyRequests",
  "ServerTimeout",
  "ServiceUnavailable",
  "InternalError",
]);

function reasonOf(text: string): KubectlReason {
  const word = /^(?:error: )?Error from server \((\w+)\)/.exec(text)?.[1] ?? "";
  if (word === "Timeout" || word === "Expired") return "ServerTimeout";
  if (named.has(word)) return word as KubectlReason;
  return rules.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}

/** Without the ornaments; and without the piece of the object that decoders quote, which may be a Secret's. */
function tidy(text: string): string {
  return text
    .replace(/^(error: |Error: )+/, "")
    .replace(/^Error from server(?: \(\w+\))?: /, "")
    .replace(
      /error when (creating|applying|retrieving|patching|replacing|deleting).*? (from server for: )?"(?:STDIN|-)": /,
      "",
    )
    .replace(/^error validating "[^"]*": (error validating data: )?/, "")
    .replace(/,? ?error found in #\d+ byte of .*$/, "")
    .replace(/; if you choose to ignore these errors, turn validation off with --validate=false$/, "")
    .replace(/ - did you specify the right host or port\?$/, "")
    .replace(/^(.* is invalid:) \* /, "$1 ")
    .replace(/ \* /g, "; ");
}
