import type { ReadyRepository } from "../../clients/git/reader.ts";
import type { Readers, SentinelCheck } from "../../clients/readers.ts";
import type { JudgeContext, ObserveContext } from "../../core/check.ts";
import type { Judgement } from "../../core/finding.ts";
import type { Json } from "../../core/json.ts";

/** What every git check sees where there is no repository to look into. */
type NoRepository = { noRepository: { message: string; remedy: string } };

type Definition<Options extends object, Observation extends Json> = Omit<
  SentinelCheck<Options, Observation>,
  "observe" | "judge" | "kind"
> & {
  observe(repository: ReadyRepository, context: ObserveContext<Options, Readers>): Promise<Observation>;
  judge(observation: Observation, context: JudgeContext<Options>): Judgement | readonly Judgement[];
};

/** A check that needs a repository: without one it fails, and says so in the same words as `git.repository`. */
export function gitCheck<Options extends object, Observation extends Json>(
  definition: Definition<Options, Observation>,
): SentinelCheck<Options, Observation | NoRepository> {
  return {
    ...definition,
    kind: "policy",
    prerequisites: definition.id === "git.repository" ? [] : ["git.repository"],
    async observe(context) {
      const repository = await context.readers.git.repository();
      if (repository.state !== "ready") {
        return { noRepository: { message: repository.message, remedy: repository.remedy } };
      }
      return definition.observe(repository, context);
    },
    judge(observation, context) {
      if (isNoRepository(observation)) return { status: "fail", ...observation.noRepository };
      return definition.judge(observation as Observation, context);
    },
  };
}

function isNoRepository(observation: Json): observation is NoRepository {
  return observation !== null && typeof observation === "object" && "noRepository" in observation;
}

/** A commit as people write it. */
export function short(commit: string): string {
  return commit.slice(0, 7);
}
