import { printable } from "../../core/text.ts";

/** `missing` there is no docker · `unreachable` the engine does not answer · `denied` it may not be asked. */
export type DockerReason =
  | "missing"
  | "unreachable"
  | "timeout"
  | "denied"
  | "not-found"
  | "conflict"
  | "other";

/** The docker command could not do what it was told. The message is one printable line. */
export class DockerFailure extends Error {
  override readonly name = "DockerFailure";
  readonly reason: DockerReason;
  /** Waiting and trying again may help. */
  readonly transient: boolean;
  constructor(reason: DockerReason, message: string) {
    super(message);
    this.reason = reason;
    this.transient = reason === "unreachable" || reason === "timeout";
  }
}

const rules: readonly (readonly [RegExp, DockerReason])[] = [
  [/permission denied while trying to connect|dial unix [^:]*: connect: permission denied/i, "denied"],
  [
    /cannot connect to the docker daemon|error during connect|couldn't connect to docker daemon|connection refused|connection reset|broken pipe|unexpected eof|[^a-z]eof$|no such host|dial (tcp|unix)|server misbehaving|is the docker daemon running|connection aborted/i,
    "unreachable",
  ],
  [/deadline exceeded|i\/o timeout|timed? ?out/i, "timeout"],
  [/no such (container|image|volume|network|object)|not found/i, "not-found"],
  [/is already in use|already exists|conflict/i, "conflict"],
];

/** What docker or compose wrote to stderr when it failed, in one line. */
export function dockerFailure(stderr: string): DockerFailure {
  const message = lastWords(stderr);
  const reason = rules.find(([pattern]) => pattern.test(message))?.[1] ?? "other";
  return new DockerFailure(reason, message);
}

/** Progress of compose, warnings, Python's traces: not what went wrong. */
const noise =
  /^(time="[^"]*" level=(warning|info|debug)|(DRY-RUN MODE - +)?(Container|Network|Volume|Image|Service) \S+ +\w+$|(Creating|Recreating|Starting|Stopping|Removing|Pulling) \S+ *\.{3}|(Creating|Removing) (network|volume) |See 'docker|Traceback|File "|WARNING:|Found orphan)/;

function lastWords(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "").trim())
    .filter((line) => line !== "" && !noise.test(line) && !/^ ?[✔✘⠿⠋⠙⠹]/u.test(line));
  const said = lines
    .slice(-4)
    .join(" ")
    .replace(/^(docker: )?(ERROR: |Error: )?(Error response from daemon: )?/, "");
  return said === "" ? "docker failed and said nothing" : printable(said, 1000);
}
