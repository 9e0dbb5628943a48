import type { Secrets } from "../../core/mask.ts";
import { printable, shellWord, withoutUserinfo } from "../../core/text.ts";
import type { GitAnswer } from "./command.ts";
import { GitFailure } from "./reader.ts";

export type RefusalKind =
  | "authentication"
  | "permission"
  | "missing"
  | "ambiguous"
  | "exists"
  /** Somebody else's push holds the lock of this very ref. */
  | "locked"
  | "protected"
  | "workflow"
  | "hook"
  | "pre-push"
  | "host-key"
  | "unreachable"
  | "timeout"
  | "other";

/** Why a remote, or something on the way to it, did not do what was asked. For people; holds no secret. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly message: string;
  readonly remedy: string;
}

export class RemoteRefused extends GitFailure {
  readonly kind: RefusalKind;
  readonly remedy: string;
  constructor({ kind, message, remedy }: Refusal) {
    super(message);
    this.kind = kind;
    this.remedy = remedy;
  }
}

interface Asked {
  readonly remote: string;
  /** The tag it was about. */
  readonly tag: string;
  /** A pre-push hook was there to be asked. */
  readonly hooked: boolean;
  readonly urls: readonly string[];
}

interface Rule {
  readonly kind: RefusalKind;
  readonly when: RegExp;
  readonly message: (asked: Asked) => string;
  readonly remedy: (asked: Asked) => string;
}

const again = "then run the release again";

const unwritten: Pick<Rule, "message" | "remedy"> = {
  message: ({ remote, tag }) => `${remote} could not write ${tag}`,
  remedy: () =>
    "another push may be under way: run the release again; a lock that stays is for the server's keeper",
};

/** The first that fits is the reason: what is said most exactly comes first. */
const rules: readonly Rule[] = [
  {
    kind: "unreachable",
    when: /cannot run \S*ssh\b|\bssh: (command )?not found/,
    message: ({ remote }) => `there is no ssh here, and the address of ${remote} needs it`,
    remedy: ({ remote }) => `install an ssh client, or use another address: git remote set-url ${remote} URL`,
  },
  {
    kind: "ambiguous",
    when: /^error: src refspec \S+ matches more than one/m,
    message: ({ tag }) => `another branch or tag here has the full name of ${tag}`,
    remedy: ({ tag }) =>
      `rename or delete it (git for-each-ref ${shellWord(`refs/*/refs/tags/${tag}`)}), ${again}`,
  },
  {
    kind: "ambiguous",
    // Of one such name alone git takes it that it is meant.
    when: /^error: dst refspec \S+ matches more than one|'refs\/\w+\/refs\/tags\//m,
    message: ({ remote, tag }) => `another branch or tag of ${remote} has the full name of ${tag}`,
    remedy: ({ remote, tag }) =>
      `rename or delete it (git ls-remote ${remote} ${shellWord(`*/refs/tags/${tag}`)}), ${again}`,
  },
  {
    kind: "workflow",
    when: /refusing to allow .* (create or update|update) workflow/i,
    message: ({ remote }) => `${remote} does not let this account push commits that change workflow files`,
    remedy: ({ remote }) =>
      `push the branch with your own credentials first (git push ${remote} HEAD), or give the token the permission "workflows: write" (a classic token: the scope "workflow"; the GITHUB_TOKEN of a workflow cannot have it)`,
  },
  {
    kind: "protected",
    when: /GH006|GH013|rule violations|protected (tag|branch|ref)|as it is protected|not allowed to (create|update|push).* tag|prohibited by Gerrit/i,
    message: ({ remote, tag }) => `the rules of ${remote} do not let this account create ${tag}`,
    remedy: () => `let this account create such tags in the server's tag rules, ${again}`,
  },
  {
    kind: "exists",
    when: /\[rejected\] \(already exists\)|reference already exists|incorrect old value|\(stale info\)|but expected 0{40}/i,
    message: ({ remote, tag }) => `${tag} is on ${remote} already`,
    remedy: () => "choose the next version: a released tag is never moved",
  },
  {
    kind: "other",
    when: /shallow update not allowed/i,
    message: ({ remote }) => `${remote} takes nothing from a clone whose history is cut off`,
    remedy: ({ remote }) => `git fetch --unshallow ${remote}, ${again}`,
  },
  {
    kind: "other",
    when: /unpacker error|unpack failed|no space left on device|disk quota/i,
    message: ({ remote }) => `${remote} could not store what was pushed`,
    remedy: () => `see the server's disk and limits, ${again}`,
  },
  { kind: "locked", when: /\.lock': File exists/i, ...unwritten },
  { kind: "other", when: /cannot lock ref|failed to (update|lock) ref/i, ...unwritten },
  {
    kind: "hook",
    when: /hook declined|\[remote rejected\]/i,
    message: ({ remote, tag }) => `${remote} itself declined ${tag}`,
    remedy: () => `do what it asks for, ${again}`,
  },
  {
    kind: "host-key",
    when: /host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    message: ({ remote }) => `the ssh key of ${remote}'s server is not one that this account trusts`,
    remedy: ({ remote }) => `git ls-remote ${remote}, by hand, and compare the key before you accept it`,
  },
  {
    kind: "permission",
    when: /returned error: 403|permission to \S+ denied|write access .*not granted|not allowed to push|insufficient permission|read-only|service not enabled|access denied or repository not exported|not authorized|permission denied(?! \()/i,
    message: ({ remote }) => `${remote} does not let this account push`,
    remedy: () => `give it write access (on GitHub: contents: write), or use an account that has it`,
  },
  {
    kind: "authentication",
    when: /could not read (username|password)|authentication failed|permission denied \(|returned error: 401|access denied|invalid credentials|bad credentials|too many authentication failures/i,
    message: ({ remote }) => `${remote} does not take git's credentials, or git has none for it`,
    remedy: signIn,
  },
  {
    kind: "missing",
    when: /repository .*not found|not found|does not appear to be a git repository|returned error: 404|no such file or directory/i,
    message: ({ remote }) => `there is no repository at ${remote}, or none that these credentials may see`,
    remedy: ({ remote }) => `see its address (git remote -v) and its rights: git ls-remote ${remote}`,
  },
  {
    kind: "unreachable",
    when: /unable to access|could not resolve|connection (refused|reset|timed out|closed)|unable to connect|network is unreachable|no route to host|hung up unexpectedly|could not read from remote|early EOF|operation timed out|temporary failure in name|error: RPC failed|ssl|certificate/i,
    message: ({ remote }) => `${remote} cannot be reached`,
    remedy: ({ remote }) => `see what stands between: git ls-remote ${remote}`,
  },
];

/** What git's answer means. `doing` is for what fits no rule: `git push to origin`. */
export function refusalOf(answer: GitAnswer, asked: Asked, doing: string, secrets: Secrets): Refusal {
  const out = secrets.mask(answer.stdout.toString("utf8"));
  // A hook's last word may have no line end.
  const stderr = answer.stderr.replace(/(?<!^|\n)(?=error: failed to push some refs)/g, "\n");
  const err = secrets.mask(stderr);
  const reason = rejection(out);
  const all = `${err}\n${reason}`;
  if (asked.hooked && isPrePush(err, reason)) {
    return {
      kind: "pre-push",
      message: withCause(`the pre-push hook declined ${asked.tag}`, hookWords(out, err)),
      remedy: `do what the hook asks for, ${again}`,
    };
  }
  const rule = rules.find(({ when }) => when.test(all));
  const cause = causeOf(err, reason);
  if (rule) {
    return { kind: rule.kind, message: withCause(rule.message(asked), cause), remedy: rule.remedy(asked) };
  }
  return {
    kind: "other",
    message: withCause(`${doing} failed`, cause || `git exited with ${answer.code}`),
    remedy: `see what git says: git ls-remote ${asked.remote}`,
  };
}

/** Whether other credentials could make a difference. Servers say "not found" of what an account may not see. */
export function wantsCredentials({ kind }: Refusal): boolean {
  return kind === "authentication" || kind === "permission" || kind === "missing";
}

function signIn({ remote, urls }: Asked): string {
  if (urls.every((url) => !/^https?:/i.test(url))) {
    return `load a key that ${remote} knows (ssh-add), and see that it works: git ls-remote ${remote}`;
  }
  if (urls.some((url) => /^https?:\/\/[^/@]*:[^/@]*@/i.test(url))) {
    return `the remote's URL brings its own password: set one without (git remote set-url ${remote} URL), or renew it`;
  }
  return "set GITHUB_TOKEN (with contents: write) for a repository on GitHub, or sign git in: gh auth setup-git, or a credential helper";
}

/** What `--porcelain` says of the ref that was not taken: `! <src>:<dst> [remote rejected] (reason)`. */
function rejection(stdout: string): string {
  const all = stdout.split("\n").filter((line) => /^!\t[^\t]*:refs\/tags\/[^\t]*\t/.test(line));
  // Of several places one may have the tag already: what the others say is the news.
  const line = all.find((candidate) => !candidate.includes("(already exists)")) ?? all[0];
  return line?.split("\t").slice(2).join(" ") ?? "";
}

/** git says no more than this when its own hook has declined: no word of the remote, no broken connection. */
function isPrePush(stderr: string, rejected: string): boolean {
  const connection = /^(remote: |error: RPC failed|fatal: the remote end hung up|send-pack: )/m;
  const failed = /^error: failed to push some refs/m.test(stderr);
  // What a push is about is looked up before the hook is asked.
  const before = /^error: (src|dst) refspec /m;
  return rejected === "" && failed && !connection.test(stderr) && !before.test(stderr);
}

function withCause(message: string, cause: string): string {
  return cause ? `${message}: ${cause}` : message;
}

const noise =
  /^(hint:|To |Please make sure|and the repository exists|error: failed to push some refs|fatal: Could not read from remote|fatal: the remote end hung up|warning: |Done$|Everything up-to-date|error: cannot run .*|fatal: unable to fork)/i;
const shownLines = 4;
const hookLines = 3;
const shownLength = 400;

/** What a hook said last; it may have used either stream. */
function hookWords(stdout: string, stderr: string): string {
  const lines = `${stdout}\n${stderr}`
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !noise.test(line) && !/^[ +*=!-]\t/.test(line));
  return shown(lines.slice(-hookLines).join("; "));
}

function shown(text: string): string {
  return printable(withoutUserinfo(text), shownLength);
}

/** What the remote or git says, on one line: the remote's own words first, then git's. */
function causeOf(stderr: string, rejected: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const remote = lines
    .filter((line) => /^remote:/.test(line))
    .map((line) => line.replace(/^remote:\s*(error: |fatal: )?/, ""));
  const own = [...new Set(lines.filter((line) => !/^remote:/.test(line) && !noise.test(line)))];
  // Of a remote's banner the last lines are the ones that matter least: links and rulers.
  const words = remote.filter((line) => /\p{L}/u.test(line)).slice(0, shownLines);
  const rest = own.map((line) => line.replace(/^(fatal|error): /, "")).slice(0, words.length > 0 ? 1 : 2);
  const parts = [...words, ...(words.length > 0 && rejected ? [] : rest), ...(rejected ? [rejected] : [])];
  const missingProgram = lines.find((line) => /^error: cannot run /.test(line))?.replace(/^error: /, "");
  const text = parts.length > 0 ? parts.join("; ") : (missingProgram ?? lines[0] ?? "");
  return shown(text);
}
