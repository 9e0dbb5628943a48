import { gitHubToken } from "../clients/git/credentials.ts";
import { createGitWriter } from "../clients/git/writer.ts";
import { sharedProject } from "../clients/ledger/project.ts";
import { parseSpan } from "../core/days.ts";
import { SentinelError } from "../core/errors.ts";
import { rangeOf } from "../release/notes/range.ts";
import type { IntegrityWorld, VerdictAnswer } from "../ritual/integrity/model.ts";
import type { RitualRelease } from "../ritual/release.ts";
import { type Forge, forgeOf, repositoryOf } from "./forge.ts";
import type { Job } from "./job.ts";

/** What the configuration, or a flag, says of the signed verdict. */
export interface VerdictSettings {
  readonly signed?: boolean;
  /** A public key's file. */
  readonly key?: string;
  readonly maxAge?: string;
}

const defaultMaxAgeMs = 30 * 86_400_000;

/** The forge, or why it is not asked; and what the project is called, whichever forge it is on. */
export type ForgeOrNot = (Forge | { readonly skipped: string; readonly repository: string | null }) &
  Pick<RitualRelease, "project">;

/** Without a token nothing is asked of GitHub, and nothing fails for it. @throws what git throws */
export async function ritualForge(job: Job, remote: string): Promise<ForgeOrNot> {
  const settings = await job.clients.history.remote(remote, job.signal).catch(() => null);
  if (settings === null) return { skipped: `there is no remote ${remote}`, repository: null, project: null };
  const project = sharedProject(settings.urls.at(-1) ?? "");
  const { env, ci } = job.clients.readers;
  let repository: string | null = null;
  try {
    repository = repositoryOf(env, ci, settings);
    return { ...forgeOf(job, settings), project };
  } catch (error) {
    if (!(error instanceof SentinelError) || error.code !== "release-impossible") throw error;
    return { skipped: error.message, repository, project };
  }
}

/** What the gatekeeper looks for the release in. */
export function integrityWorld(
  job: Job,
  root: string,
  found: { readonly forge: ForgeOrNot; readonly verdict: IntegrityWorld["verdict"]; readonly remote: string },
): IntegrityWorld {
  const { clients, env, secrets } = job;
  const { git } = clients.readers;
  const { forge, verdict, remote } = found;
  return {
    git,
    tags: createGitWriter({ cwd: root, env, secrets }),
    token: gitHubToken(clients.readers.env),
    project: forge.project,
    async previous(tag, commit, signal): Promise<RitualRelease["previous"]> {
      const request = { version: tag, to: commit, from: null, remote };
      const { previous } = await rangeOf({ git, history: clients.history }, request, signal);
      if (previous === null) return null;
      const at = (await git.tag(previous.tag, signal))?.date ?? (await dateOf(job, previous.commit));
      return { ...previous, at };
    },
    forge: "github" in forge ? { github: forge.github, repository: forge.repository } : forge,
    verdict,
  };
}

/** A lightweight tag has no date of its own: that of its commit counts. */
async function dateOf({ clients, signal }: Job, commit: string): Promise<string> {
  for await (const commits of clients.history.log({ from: null, to: commit, limit: 1 }, signal))
    for (const { at } of commits) return new Date(at * 1000).toISOString();
  return new Date(0).toISOString();
}

/** The question for a signed verdict, where one is demanded or brought along. */
export function verdictQuestion(
  job: Job,
  settings: VerdictSettings,
  {
    file,
    environment,
    genuine: keep,
  }: {
    readonly file: string | null;
    readonly environment: string | null;
    /** Hears of the text of one that is. */
    readonly genuine: (text: string) => void;
  },
): IntegrityWorld["verdict"] {
  if (!settings.signed && file === null) return null;
  return async ({ tag, commit }): Promise<VerdictAnswer> => {
    const { key } = settings;
    if (file === null || key === undefined || environment === null) {
      const missing =
        file === null ? "the verdict" : key === undefined ? "the public key" : "the environment";
      return {
        status: "fail",
        message: `A signed verdict is demanded, and ${missing} is missing`,
        remedy: "give --env, --verdict FILE, and ritual.verdict.key in the configuration",
      };
    }
    const [{ readText }, { requireVerdict }, { keyTrust }, { readVerificationKeys }] = await Promise.all([
      import("./attest.ts"),
      import("../attest/verify.ts"),
      import("../attest/trust.ts"),
      import("../clients/keys.ts"),
    ]);
    const maxAgeMs = (settings.maxAge && parseSpan(settings.maxAge)) || defaultMaxAgeMs;
    try {
      const text = readText(file, job.cwd, "signed verdict");
      const genuine = requireVerdict(
        text,
        { commit, environment, version: tag, maxAgeMs },
        keyTrust(readVerificationKeys([key], job.cwd)),
        Date.now(),
      );
      keep(text);
      return { status: "ok", message: `The signed verdict is genuine: SAFE at ${genuine.timeVerified}` };
    } catch (error) {
      if (!(error instanceof SentinelError) || error.exitCode !== 1) throw error;
      const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
      return { status: "fail", message: error.message, ...remedy };
    }
  };
}
