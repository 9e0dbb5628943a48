import { Secrets } from "../core/mask.ts";
import { StepFailure } from "../core/step.ts";
import type { RitualRelease } from "../ritual/release.ts";
import type { Job } from "./job.ts";

/** What the files are made of that a ritual writes and reads again. */
const words =
  `release-sentinel archive-manifest archive changelog frames metrics notes probe ritual-log ritual-release snapshot v1
 actor advisories annotation at basis branch breaking breakingNotes byType bytes changeFailureRate changes closes commit commits
 compareUrl contributors date deployed deploymentFrequency dora durationMs endedAt environment excerpt files findings first forge
 from groups gzip hash help incomplete initial issues kind labels leadTimeForChanges links login madeAt message migrations name
 newcomers notes number outcome overlay paths points previous project pullRequest pullRequests pushed question reason rehearsal
 release remote repository result risky runUrl samples schema scope security sha256 short since source startedAt status steps
 style summary tag tagObject taggedAt tar text timeToRestore title to tool totals type unit url value version warnings what
 window completed did`.split(/\s+/);

/**
 * Secrets are masked in everything that is kept: one whose value is a word of the files themselves would make them unreadable.
 * @throws StepFailure that names its variable
 */
export function mustBeNoWords(
  { secrets, env }: Pick<Job, "secrets" | "env">,
  { tag, commit, tagObject, environment }: RitualRelease,
): void {
  const own = [...words, tag, commit, tagObject, environment ?? ""];
  const changes = (by: Pick<Secrets, "mask">) => own.some((word) => by.mask(word) !== word);
  if (!changes(secrets)) return;
  const names = Object.keys(env).filter((name) => {
    const value = env[name]?.trim() ?? "";
    if (!secrets.values.includes(value)) return false;
    const alone = new Secrets();
    alone.add(value);
    return changes(alone);
  });
  const whose = names.length > 0 ? names.sort().join(", ") : "a secret";
  throw new StepFailure(
    `the value of ${whose} is an ordinary word, of which the ritual's own files are made: masked, they could not be read again`,
    "use a longer secret, or leave it out of this job",
    true,
  );
}
