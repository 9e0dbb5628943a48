import type { Facts } from "../facts.ts";
import { heading, toolAddress } from "./text.ts";

/** A declarative `Jenkinsfile`, for a multibranch pipeline. Needs Node 24 and git on the agent. */
export function jenkinsfile(facts: Facts): string {
  const ref = facts.tool.sha ?? facts.tool.version;
  const head = heading("The release gate, for a multibranch pipeline that also discovers tags.", facts);
  return `${head.replace(/^# ?/gm, "// ")}
pipeline {
  agent any
  options {
    disableConcurrentBuilds()
    timeout(time: 15, unit: 'MINUTES')
  }
  environment {
    SENTINEL_REPOSITORY = '${toolAddress(facts.tool).replaceAll("'", "")}'
    SENTINEL_REF = '${ref}'
    SENTINEL_ENV = '${facts.environment.replaceAll(/[\\']/g, "")}'
  }
  stages {
    stage('release gate') {
      steps {
        // Secret texts of Jenkins' store; it masks them, as the gate does.
        withCredentials([string(credentialsId: 'rs-deploy-token', variable: 'RS_DEPLOY_TOKEN')]) {
          sh '''
            set -eu
            # A work space is used again: the report of the last build is no part of the project.
            rm -f gate.xml
            # Jenkins fetches one branch: the gate needs every branch and tag.
            git fetch --quiet --force origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*'
            # The tool lies beside the project, not in it.
            tool=$(mktemp -d)
            trap 'rm -rf "$tool"' EXIT
            git -C "$tool" init --quiet
            git -C "$tool" fetch --quiet --depth=1 "$SENTINEL_REPOSITORY" "$SENTINEL_REF"
            git -C "$tool" checkout --quiet FETCH_HEAD
            if [ -n "\${TAG_NAME:-}" ]; then set -- --version "$TAG_NAME"; else set -- --for pull-request; fi
            node "$tool/action/index.cjs" check --env "$SENTINEL_ENV" "$@" --report junit=gate.xml
          '''
        }
      }
    }
  }
  post {
    always {
      junit allowEmptyResults: true, testResults: 'gate.xml'
    }
  }
}
`;
}
