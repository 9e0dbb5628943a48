import { printable, shellWord } from "../../core/text.ts";
import { isLoopback } from "../http/url.ts";
import type { GitAnswer } from "./command.ts";
import { oneLine } from "./git.ts";

/** There is no clone. For people; holds no secret but what the caller's registry masks. */
export class CloneRefused extends Error {
  override readonly name = "CloneRefused";
  /** `ref`: there is no such ref. `refused`: no such repository, or it may not be read. `unready`: that could not be found out. */
  readonly kind: "ref" | "refused" | "unready";
  readonly remedy: string;
  constructor(kind: CloneRefused["kind"], message: string, remedy: string) {
    super(message);
    this.kind = kind;
    this.remedy = remedy;
  }
}

interface Rule {
  readonly kind: CloneRefused["kind"];
  readonly when: RegExp;
  readonly message: (repository: string) => string;
  readonly remedy: (repository: string) => string;
}

const tokens =
  "set GIT_TOKEN (and GIT_USERNAME where the server wants a certain one), or GITHUB_TOKEN for a repository on GitHub; it must be allowed to read this one";

/** The first that fits says what it means: the network before the answers that a broken connection resembles. */
const rules: readonly Rule[] = [
  {
    kind: "unready",
    when: /no space left|disk quota|read-only file system|(unable to|could not|couldn't) (create|write)|cannot mkdir|permission denied$/im,
    message: (repository) => `${repository} could not be written to the temporary folder`,
    remedy: () => "make room there, or name another folder that can be written: TMPDIR=/path",
  },
  {
    kind: "refused",
    when: /dubious ownership/i,
    message: (repository) => `git refuses to read ${repository}: it belongs to another user`,
    remedy: () => "if you trust it: git config --global --add safe.directory PATH",
  },
  {
    kind: "unready",
    when: /^No user exists for uid/m,
    message: (repository) => `ssh cannot ask for ${repository}: it wants a user with a name`,
    remedy: () => "run as a user that has one, or use https and GIT_TOKEN",
  },
  {
    kind: "refused",
    when: /host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    message: (repository) => `the ssh key of the server of ${repository} is not one that this account trusts`,
    remedy: () => "put it into ~/.ssh/known_hosts, after you have compared it; or use https and GIT_TOKEN",
  },
  {
    kind: "refused",
    when: /could not read (username|password)|authentication failed|permission denied \(|returned error: 40[13]|access denied|invalid credentials|bad credentials|too many authentication failures/i,
    message: (repository) => `the server does not let these credentials read ${repository}`,
    remedy: signIn,
  },
  {
    kind: "refused",
    when: /repository .*(not found|does not exist)|does not appear to be a git repository|returned error: 404|not a git repository/i,
    message: (repository) =>
      `there is no repository at ${repository}, or none that these credentials may see`,
    remedy: (repository) => (/^https?:/i.test(repository) ? `see its address; ${tokens}` : "see its address"),
  },
];

function signIn(repository: string): string {
  if (!/^https?:/i.test(repository))
    return "load a key that the server knows (ssh-add), or use https and GIT_TOKEN";
  const open = new URL(repository).protocol === "http:" && !isLoopback(new URL(repository));
  return open ? `use https: a token is not sent over http; then ${tokens}` : tokens;
}

/** What git's answer means, for people. */
export function cloneRefusal(answer: GitAnswer, repository: string): CloneRefused {
  const said = answer.stderr;
  const cause = printable(oneLine(said), 400) || `git exited with ${answer.code}`;
  const rule = rules.find(({ when }) => when.test(said));
  return rule
    ? new CloneRefused(rule.kind, `${rule.message(repository)}: ${cause}`, rule.remedy(repository))
    : new CloneRefused(
        "unready",
        `${repository} could not be cloned: ${cause}`,
        `see what stands between: git ls-remote ${shellWord(repository)}`,
      );
}
