import { GitHubError } from "../../clients/github/errors.ts";
import type { GitHubReader } from "../../clients/github/types.ts";
import { printable, shellWord } from "../../core/text.ts";
import { judgeAssets } from "./assets.ts";
import type { ForgePolicy, IntegrityFinding, IntegrityWorld } from "./model.ts";
import { fail, ok, short } from "./tag.ts";

export interface SoughtRelease {
  readonly tag: string;
  readonly commit: string;
  readonly rehearsal: boolean;
  readonly environment: string | null;
  readonly policy: ForgePolicy;
}

export interface ForgeAnswer {
  /** Web address of the release. */
  readonly url: string | null;
  readonly findings: readonly IntegrityFinding[];
}

/** Is the release out, for this commit, with assets that are what they should be? */
export async function judgeForge(
  { forge }: Pick<IntegrityWorld, "forge">,
  sought: SoughtRelease,
  signal: AbortSignal,
): Promise<ForgeAnswer> {
  if (sought.policy === "never") return unseen("ritual.release: never");
  if ("skipped" in forge) {
    if (sought.policy !== "require") return unseen(forge.skipped);
    const remedy =
      "set GITHUB_TOKEN (in a workflow: env: GITHUB_TOKEN: ${{ github.token }}), or do without: ritual.release: auto";
    return {
      url: null,
      findings: [fail("release", `The GitHub Release was not looked at: ${forge.skipped}`, remedy)],
    };
  }
  const answer = await looked(forge.github, sought, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof GitHubError)) throw error;
    const { message, remedy } = error;
    return { url: null, findings: [{ question: "release", status: "unknown", message, remedy } as const] };
  });
  return sought.policy === "warn" ? { ...answer, findings: answer.findings.map(warned) } : answer;
}

async function looked(
  github: GitHubReader,
  { tag, commit, rehearsal, environment }: SoughtRelease,
  signal: AbortSignal,
): Promise<ForgeAnswer> {
  const shown = printable(tag, 100);
  const [release, there] = await Promise.all([
    github.releaseByTag(tag, signal),
    github.tagCommit(tag, signal),
  ]);
  const other = there !== null && there !== commit ? [elsewhere(shown, there, commit)] : [];
  if (release === null) {
    if (rehearsal)
      return {
        url: null,
        findings: [...other, { ...ok("release", "A rehearsal needs no GitHub Release"), status: "skipped" }],
      };
    const draft = await findDraft(github, tag, signal);
    const message = draft
      ? `GitHub Release ${shown} is still a draft`
      : `There is no GitHub Release ${shown}`;
    const where = environment === null ? "ENV" : shellWord(printable(environment, 100));
    const remedy = `release-sentinel release --env ${where} --version ${shown}${draft ? " goes on with it" : ""}`;
    return { url: null, findings: [...other, fail("release", message, remedy)] };
  }
  const assets = await github.assets(release.id, signal);
  const findings = await judgeAssets(github, { tag, assets }, signal);
  return {
    url: release.url,
    findings: [...other, ok("release", `GitHub Release ${shown} is published`), ...findings],
  };
}

/** Drafts stand first, among the newest. */
async function findDraft(github: GitHubReader, tag: string, signal: AbortSignal): Promise<boolean> {
  for await (const { releases } of github.releases(signal)) {
    return releases.some(({ draft, tag: its }) => draft && its === tag);
  }
  return false;
}

function elsewhere(shown: string, there: string, commit: string): IntegrityFinding {
  return fail(
    "release",
    `On GitHub, tag ${shown} is at ${short(there)}, and on the remote at ${short(commit)}`,
    "see that GITHUB_REPOSITORY is the remote's own repository; a mirror may lag behind",
  );
}

function unseen(why: string): ForgeAnswer {
  const message = `The GitHub Release was not looked at: ${why}`;
  return { url: null, findings: [{ question: "release", status: "skipped", message }] };
}

function warned(finding: IntegrityFinding): IntegrityFinding {
  return finding.status === "fail" || finding.status === "unknown" ? { ...finding, status: "warn" } : finding;
}
