import { basename, join } from "node:path";
import { readHead } from "../clients/file-head.ts";
import type { GitSurvey } from "../clients/git/survey.ts";
import { type Choices, ciOf, isBranch, readChoices, toolRefOf } from "./choices.ts";
import { likelyEnvironment } from "./environments.ts";
import type { Facts, ToolRef } from "./facts.ts";
import { readHeader } from "./header.ts";
import { chooseCi, readCiKinds, readWorkflows, releasesAlready } from "./look/ci.ts";
import { readLanguages, readPackageManager, readPackages } from "./look/languages.ts";
import { readManifests } from "./look/manifests.ts";
import { placeOf } from "./look/remote.ts";
import { readTags } from "./look/tags.ts";
import type { Template } from "./target.ts";

/** More of a file is not looked at. */
const headBytes = 64 * 1024;
/** A header stands at the beginning. */
const headerBytes = 4 * 1024;
/** Where files that `init` writes can be. */
const ours =
  /^([^/]+\.(ya?ml|json|md)|[Jj]enkinsfile[^/]*|[^/]+\.[Jj]enkinsfile|\.(github|gitlab)\/(\w+\/)?[^/]+|(checks|test|ci)\/[^/]+)$/;

export interface Looked {
  readonly facts: Facts;
  /** Files of `init` are here already. */
  readonly again: boolean;
  /** What was chosen: now, or when the files were written. */
  readonly choices: Choices;
  /** The policy stands in `package.json`. */
  readonly policyInPackage: boolean;
  /** The template that fits, where none was chosen. */
  readonly fitting: { readonly template: Template; readonly why: string };
}

/**
 * What a repository is made of. Files that `init` has written itself count for nothing but what was chosen then, so that
 * the same repository gets the same files again.
 */
export function lookAt(survey: GitSurvey, chosen: Choices, toolVersion: string): Looked {
  const read = (path: string) => readHead(join(survey.root, path), headBytes);
  const headers = survey.files
    .filter((path) => ours.test(path))
    .flatMap((path) => generated(survey.root, path));
  const [first] = [...headers].sort((a, b) => rank(a.path) - rank(b.path));
  const choices = { ...(first ? readChoices(first.args) : {}), ...chosen };
  const own = new Set(headers.map(({ path }) => path));
  const files = survey.files.filter((path) => !own.has(path));
  const { forge, repository } = placeOf(survey.remoteUrls);
  const ci = readCiKinds(files);
  const workflows = readWorkflows(files, read);
  const manifests = readManifests(files, read);
  const { tags, tagShape } = readTags(survey.tags);
  const unknownTool: ToolRef = { repository: null, version: `v${toolVersion}` };
  const facts: Facts = {
    root: survey.root,
    name: repository?.split("/").at(-1) ?? basename(survey.root),
    defaultBranch: choices.branch ?? defaultBranch(survey),
    branches: survey.branches,
    tags,
    tagShape: choices.versions ?? tagShape,
    forge,
    repository,
    languages: readLanguages(files),
    packageManager: readPackageManager(files),
    packages: readPackages(files, files.includes("package.json") ? read("package.json") : null),
    ci,
    writeCi: choices.ci === undefined ? chooseCi(ci, forge) : ciOf(choices.ci),
    workflows,
    manifests,
    composeFile: topFile(files, /^(docker-)?compose\.ya?ml$/),
    dockerfile: topFile(files, /^(Dockerfile|Containerfile)$/),
    hasChangelog: topFile(files, /^CHANGELOG\.md$/i) !== null,
    environment: choices.environment ?? likelyEnvironment(manifests),
    previews: choices.previews ?? false,
    tool: choices.action === undefined ? unknownTool : (toolRefOf(choices.action) ?? unknownTool),
  };
  return {
    facts,
    again: first !== undefined,
    choices,
    policyInPackage: hasPolicy(files.includes("package.json") ? read("package.json") : null),
    fitting: fittingTemplate(facts),
  };
}

interface Generated {
  readonly path: string;
  readonly args: readonly string[];
}

function generated(root: string, path: string): readonly Generated[] {
  const header = readHeader(readHead(join(root, path), headerBytes) ?? "");
  return header ? [{ path, args: header.args }] : [];
}

/** `release-sentinel` is a key of ours there; among the dependencies it is another thing. */
function hasPolicy(packageJson: string | null): boolean {
  try {
    const content = JSON.parse(packageJson ?? "null") as { readonly [key: string]: unknown } | null;
    return typeof content?.["release-sentinel"] === "object";
  } catch {
    return false;
  }
}

function rank(path: string): number {
  return path === "release-sentinel.yaml" ? 0 : 1;
}

function topFile(files: readonly string[], name: RegExp): string | null {
  return files.find((path) => name.test(path)) ?? null;
}

/** The remote's, or the one of the usual names that is there, or the one that is checked out. */
function defaultBranch({ remoteDefault, head, branches }: GitSurvey): string {
  const usual = ["main", "master", "trunk"].find((name) => branches.includes(name));
  return [remoteDefault, usual, head].find((name) => name && isBranch(name)) ?? "main";
}

function fittingTemplate(facts: Facts): Looked["fitting"] {
  const already = releasesAlready(facts.workflows);
  if (already) return { template: "gate", why: `${already.path} cuts releases already` };
  const [manifests] = facts.manifests.filter(({ kind }) => kind !== "helm");
  if (manifests) return { template: "release", why: `${manifests.path} can be deployed` };
  if (facts.composeFile) return { template: "release", why: `${facts.composeFile} can be deployed` };
  return { template: "gate", why: "nothing here is deployed" };
}
