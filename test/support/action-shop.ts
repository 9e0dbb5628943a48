import { repository, type TestRepository } from "./repository.ts";
import { runAction, type StepOptions, type StepResult } from "./runner.ts";
import { type CheckoutOptions, checkOut, type JobFacts, startJob, type Trigger } from "./runner-events.ts";

/** Made here: none of them may be written down in a file. */
export const deployToken: string = ["deploy", "9b1e", "c0ffee", "token"].join("-");

export const policy = `environments: { prod: {} }
checks:
  env.allowed: true
  git.repository: true
  git.clean: true
  git.branch: { allow: [main] }
  git.version: true
  git.tag: true
  env.variables: { required: [RS_DEPLOY_TOKEN] }
`;

/** A repository with a policy on main, and a branch \`feature/search\` that is one commit ahead. */
export function shop(files: Readonly<Record<string, string>> = {}): TestRepository {
  const repo = repository({ origin: true });
  repo.commit("feat: the shop", { "release-sentinel.yaml": policy, ...files });
  repo.git("push", "-q", "origin", "main");
  repo.git("switch", "-q", "-c", "feature/search");
  repo.commit("feat: search", { "search.txt": "found\n" });
  repo.git("push", "-q", "origin", "feature/search");
  repo.git("switch", "-q", "main");
  return repo;
}

/** An annotated tag on main, pushed. */
export function tagged(repo: TestRepository, version: string): void {
  repo.git("tag", "-a", "-m", version, version);
  repo.git("push", "-q", "origin", version);
}

export interface GateOptions extends Partial<Omit<StepOptions, "job" | "workspace">> {
  readonly checkout?: CheckoutOptions;
}

/** A job with the two steps that everybody writes: checkout, gate. */
export async function gate(
  repo: TestRepository,
  trigger: Trigger,
  { checkout = { depth: 0 }, ...step }: GateOptions = {},
): Promise<StepResult & { readonly job: JobFacts; readonly workspace: string }> {
  const job = startJob(repo, trigger);
  const workspace = checkOut(repo, job, checkout);
  const result = await runAction({
    env: { RS_DEPLOY_TOKEN: deployToken },
    secrets: [deployToken],
    ...step,
    inputs: { env: "prod", ...step.inputs },
    job,
    workspace,
  });
  return { ...result, job, workspace };
}
