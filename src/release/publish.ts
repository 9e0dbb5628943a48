import type { GitHub } from "../clients/github/types.ts";
import type { Step } from "../core/step.ts";
import { assetsStep } from "./publish-assets.ts";
import { draftStep } from "./publish-draft.ts";
import { publicationStep } from "./publish-publication.ts";
import type { PublishRequest } from "./publish-request.ts";
import { createSession } from "./publish-world.ts";

export interface Publishing {
  /** `github.draft`, `github.assets`, `github.publish`. */
  readonly steps: readonly [Step, Step, Step];
  /** Where the release is to be seen; null until it has been seen published. */
  url(): string | null;
}

/** A release on GitHub, made so that nobody sees half of it: draft, assets, publish. */
export function publishSteps(github: GitHub, request: PublishRequest): Publishing {
  const session = createSession(github, request);
  return {
    steps: [draftStep(session), assetsStep(session), publicationStep(session)],
    url: session.url,
  };
}
