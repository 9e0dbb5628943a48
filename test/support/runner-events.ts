import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitEnv, type TestRepository } from "./repository.ts";
import { tempFolder } from "./temp.ts";

/** Why a workflow runs. */
export type Trigger =
  | { readonly event: "push"; readonly branch?: string; readonly tag?: string }
  | { readonly event: "schedule" | "workflow_dispatch"; readonly branch?: string; readonly inputs?: Inputs }
  | { readonly event: "workflow_run" | "issue_comment"; readonly branch?: string; readonly inputs?: Inputs }
  | { readonly event: "merge_group"; readonly head: string }
  | {
      readonly event: "pull_request" | "pull_request_target";
      readonly head: string;
      readonly action?: "opened" | "synchronize" | "closed";
      /** Where the head lies: a branch of this repository (default), a fork, or a fork that is gone. */
      readonly from?: "here" | "fork" | "deleted fork";
      readonly actor?: string;
    };

type Inputs = Readonly<Record<string, string>>;

/** A job as the runner knows it before its first step. */
export interface JobFacts {
  readonly trigger: Trigger;
  readonly ref: string;
  readonly sha: string;
  /** Variables of the runner. */
  readonly env: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** RUNNER_TEMP. */
  readonly temp: string;
}

export const repositoryName = "example/shop";

/** Makes what GitHub makes in the repository when this happens (merge refs, queue branches), and the job that comes of it. */
export function startJob(repo: TestRepository, trigger: Trigger): JobFacts {
  const temp = tempFolder("rs-runner-");
  const { ref, sha, env, payload } = happening(repo, trigger);
  const event = join(temp, "event.json");
  const whole = { repository: { full_name: repositoryName, default_branch: "main" }, ...payload };
  mkdirSync(join(temp, "tools"));
  writeFileSync(event, JSON.stringify(whole));
  const actor = ("actor" in trigger && trigger.actor) || "octo";
  return {
    trigger,
    ref,
    sha,
    temp,
    payload: whole,
    env: {
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_ACTOR: actor,
      GITHUB_API_URL: "https://api.github.com",
      GITHUB_EVENT_NAME: trigger.event,
      GITHUB_EVENT_PATH: event,
      GITHUB_JOB: "gate",
      GITHUB_REF: ref,
      GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ""),
      GITHUB_REF_TYPE: ref.startsWith("refs/tags/") ? "tag" : "branch",
      GITHUB_BASE_REF: "",
      GITHUB_HEAD_REF: "",
      GITHUB_REPOSITORY: repositoryName,
      GITHUB_REPOSITORY_OWNER: "example",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_RUN_ID: "77",
      GITHUB_RUN_NUMBER: "7",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_SHA: sha,
      GITHUB_TRIGGERING_ACTOR: actor,
      GITHUB_WORKFLOW: "release-sentinel",
      RUNNER_OS: "Linux",
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: join(temp, "tools"),
      ...env,
    },
  };
}

interface Happening {
  readonly ref: string;
  readonly sha: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

function happening(repo: TestRepository, trigger: Trigger): Happening {
  const commitOf = (ref: string) => origin(repo, "rev-parse", `${ref}^{commit}`);
  switch (trigger.event) {
    case "push": {
      const ref = trigger.tag ? `refs/tags/${trigger.tag}` : `refs/heads/${trigger.branch ?? "main"}`;
      return { ref, sha: commitOf(ref), payload: { ref, after: commitOf(ref) } };
    }
    case "schedule":
    case "workflow_run":
    case "issue_comment":
    case "workflow_dispatch": {
      const ref = `refs/heads/${trigger.branch ?? "main"}`;
      return { ref, sha: commitOf(ref), payload: { inputs: trigger.inputs ?? {} } };
    }
    case "merge_group": {
      const merged = merge(repo, trigger.head);
      const ref = `refs/heads/gh-readonly-queue/main/pr-1-${commitOf("refs/heads/main")}`;
      origin(repo, "update-ref", ref, merged);
      const base = { base_ref: "refs/heads/main", base_sha: commitOf("refs/heads/main") };
      const group = { head_sha: merged, head_ref: ref, ...base };
      return { ref, sha: merged, payload: { action: "checks_requested", merge_group: group } };
    }
    default:
      return pullRequest(repo, trigger, commitOf);
  }
}

function pullRequest(
  repo: TestRepository,
  trigger: Extract<Trigger, { head: string; event: "pull_request" | "pull_request_target" }>,
  commitOf: (ref: string) => string,
): Happening {
  const { event, head, from = "here", action = "opened" } = trigger;
  const headSha = commitOf(`refs/heads/${head}`);
  const merged = merge(repo, head);
  origin(repo, "update-ref", "refs/pull/1/head", headSha);
  origin(repo, "update-ref", "refs/pull/1/merge", merged);
  // A fork's branches are not in this repository.
  if (from !== "here") origin(repo, "update-ref", "-d", `refs/heads/${head}`);
  const repoOf = {
    here: { full_name: repositoryName },
    fork: { full_name: "guest/shop" },
    "deleted fork": null,
  };
  const base = commitOf("refs/heads/main");
  return {
    ref: event === "pull_request" ? "refs/pull/1/merge" : "refs/heads/main",
    sha: event === "pull_request" ? merged : base,
    env: { GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: head },
    payload: {
      action,
      number: 1,
      pull_request: {
        number: 1,
        merge_commit_sha: merged,
        head: { ref: head, sha: headSha, repo: repoOf[from] },
        base: { ref: "main", sha: base, repo: repoOf.here },
      },
    },
  };
}

/** A merge of a branch into main, as GitHub makes it: in the repository itself, on no branch. */
function merge(repo: TestRepository, head: string): string {
  const tree = origin(repo, "merge-tree", "--write-tree", "refs/heads/main", `refs/heads/${head}`);
  const parents = ["-p", "refs/heads/main", "-p", `refs/heads/${head}`];
  return origin(repo, "commit-tree", tree, ...parents, "-m", `Merge ${head} into main`);
}

function origin(repo: TestRepository, ...args: string[]): string {
  return execFileSync("git", ["-C", repo.origin, ...args], { env: gitEnv, stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim();
}

export interface CheckoutOptions {
  /** `fetch-depth`; default 1. */
  readonly depth?: number;
  /** `ref`; default: what the job is about. */
  readonly ref?: string;
  /** Before v6.0.2 the tag of a tag's build became a plain one. */
  readonly version?: "v6.0.1" | "v6.0.2";
  /** Windows' git makes CRLF of line ends. */
  readonly crlf?: boolean;
  /** `path`, in the work space. */
  readonly path?: string;
}

/** What `actions/checkout` leaves behind; answers the work space. */
export function checkOut(repo: TestRepository, job: JobFacts, options: CheckoutOptions = {}): string {
  const { depth = 1, ref = job.ref, version = "v6.0.2", crlf = false, path = "." } = options;
  const workspace = join(job.temp, "work", "shop", "shop");
  const folder = join(workspace, path);
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { env: gitEnv, stdio: ["ignore", "pipe", "pipe"] });
  git("init", "-q", "-b", "main");
  git("remote", "add", "origin", `file://${repo.origin}`);
  git("config", "--local", "gc.auto", "0");
  if (crlf) git("config", "--local", "core.autocrlf", "true");
  const sha = ref === job.ref ? job.sha : "";
  const kind = /^refs\/(heads|tags|pull)\//.exec(ref)?.[1] ?? "heads";
  const name = ref.replace(/^refs\/(heads|tags|pull)\//, "");
  const full = `refs/${kind}/${name}`;
  const target =
    { heads: `refs/remotes/origin/${name}`, tags: full, pull: `refs/remotes/pull/${name}` }[kind] ?? full;
  const one = `+${kind === "tags" && version === "v6.0.2" ? full : sha || full}:${target}`;
  const fetch = [
    "-c",
    "protocol.version=2",
    "fetch",
    "-q",
    "--no-tags",
    "--prune",
    "--no-recurse-submodules",
  ];
  if (depth === 0) {
    const all = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
    git(...fetch, "origin", ...all, ...(kind === "pull" ? [one] : []));
    if (kind === "tags" && version === "v6.0.1") git(...fetch, "origin", one);
  } else git(...fetch, `--depth=${depth}`, "origin", one);
  if (kind === "heads") git("checkout", "-q", "--force", "-B", name, target);
  else git("checkout", "-q", "--force", target);
  return workspace;
}
