/** The files by which a CI service asks the gate: each a function of what is known of the repository. */
export { gateWorkflow } from "./github-gate.ts";
export { previewCleanupWorkflow } from "./github-preview.ts";
export { releaseWorkflow } from "./github-release.ts";
export { gitlabGate } from "./gitlab.ts";
export { jenkinsfile } from "./jenkins.ts";
