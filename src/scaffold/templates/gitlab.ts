import type { Facts } from "../facts.ts";
import { heading, toolAddress } from "./text.ts";

/** `.gitlab-ci.yml`, or a file that it includes: the gate on merge requests, the default branch and tags. */
export function gitlabGate(facts: Facts): string {
  const { sha, version } = facts.tool;
  const ref = sha ?? version;
  const note = sha === undefined ? " # better: a commit" : version && ` # ${version}`;
  return `${heading("The release gate. Secrets are masked CI/CD variables; for tags and the default branch: protected ones too.", facts)}
release-gate:
  image: node:24
  variables:
    GIT_DEPTH: "0" # every branch and tag
    SENTINEL_REPOSITORY: ${JSON.stringify(toolAddress(facts.tool))}
    SENTINEL_ENV: ${JSON.stringify(facts.environment.replaceAll("$", "$$$$"))}
    SENTINEL_REF: ${JSON.stringify(ref)}${note}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    # The tool lies beside the project, not in it.
    - tool=$(mktemp -d)
    - git -C "$tool" init --quiet
    - git -C "$tool" fetch --quiet --depth=1 "$SENTINEL_REPOSITORY" "$SENTINEL_REF"
    - git -C "$tool" checkout --quiet FETCH_HEAD
    - if [ -n "$CI_COMMIT_TAG" ]; then set -- --version "$CI_COMMIT_TAG"; else set -- --for pull-request; fi
    - node "$tool/action/index.cjs" check --env "$SENTINEL_ENV" "$@" --report junit=gate.xml
  artifacts:
    when: always
    reports:
      junit: gate.xml
`;
}
