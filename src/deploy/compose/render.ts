import { readFileSync, statSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import type { Compose } from "../../clients/docker/compose.ts";
import { dockerFailure } from "../../clients/docker/failure.ts";
import { type Docker, DockerFailure } from "../../clients/docker.ts";
import { makeOwnFolder } from "../../clients/own-folder.ts";
import { located } from "./invalid.ts";
import type { ComposeModel } from "./model.ts";

/** Where a model comes from. */
export interface ModelSource {
  /** Absolute; none: what compose finds by itself. */
  readonly files: readonly string[];
  readonly cwd: string;
  readonly project: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
}

/** The files are no compose files. The message has file and line where they are known. */
export class InvalidCompose extends Error {
  override readonly name = "InvalidCompose";
}

export interface Rendered {
  readonly model: ComposeModel;
  readonly project: string;
  readonly files: readonly string[];
}

/**
 * Reads compose files as compose reads them: merged, every variable filled in, profiles chosen.
 * From here on only this is used, so that what was planned is what is applied.
 * @throws InvalidCompose; DockerFailure
 */
export async function render(compose: Compose, source: ModelSource, signal: AbortSignal): Promise<Rendered> {
  const files = composeFiles(source);
  const flags = [
    ...(source.files.length > 0 ? files : []).flatMap((file) => ["-f", file]),
    ...(source.project === undefined ? [] : ["-p", source.project]),
  ];
  const format = compose.major >= 2 ? ["--format", "json"] : [];
  const env = variables(source, files);
  const answer = await compose.run([...flags, "config", ...format], { signal, cwd: source.cwd, env });
  if (answer.code !== 0) {
    const failure = dockerFailure(answer.stderr);
    if (failure.transient || failure.reason === "denied") throw failure;
    throw new InvalidCompose(located(failure.message, files, source.cwd));
  }
  const model = (compose.major >= 2 ? JSON.parse(answer.stdout) : parse(answer.stdout)) as ComposeModel;
  const project =
    model.name ?? source.project ?? env["COMPOSE_PROJECT_NAME"] ?? folderName(files, source.cwd);
  return { model, project, files };
}

/** Whether the project has a name of its own, which is the same in every folder. */
export function isNamed({ project, env }: ModelSource, files: readonly string[]): boolean {
  if (project !== undefined || env["COMPOSE_PROJECT_NAME"]) return true;
  return files.some((file) => /^name:/m.test(content(file)));
}

/** Compose v1's own way to a name. */
function folderName(files: readonly string[], cwd: string): string {
  const folder = files[0] === undefined ? cwd : dirname(files[0]);
  return (
    basename(folder)
      .toLowerCase()
      .replace(/[^-_a-z0-9]/g, "") || "default"
  );
}

const usualNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** The files that compose reads, as far as they can be known without it. */
function composeFiles({ files, cwd, env }: ModelSource): readonly string[] {
  if (files.length > 0) return files.map((file) => (isFile(file) ? file : (usualIn(file)[0] ?? file)));
  const named = env["COMPOSE_FILE"];
  if (named) {
    const separator = env["COMPOSE_PATH_SEPARATOR"] ?? (process.platform === "win32" ? ";" : ":");
    return named.split(separator).map((file) => resolve(cwd, file));
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = usualIn(folder);
    if (found[0] !== undefined) {
      const over = found[0].replace(/(\.ya?ml)$/, ".override$1");
      return isFile(over) ? [found[0], over] : [found[0]];
    }
    if (dirname(folder) === folder) return [];
  }
}

function usualIn(folder: string): string[] {
  return usualNames.map((name) => join(folder, name)).filter(isFile);
}

const mentions = [
  /\$\{?([A-Za-z_]\w*)/g,
  // A name alone takes its value from the environment.
  /^\s*-\s*["']?([A-Za-z_]\w*)["']?\s*$/gm,
  /^\s*["']?([A-Za-z_]\w*)["']?:\s*$/gm,
  /\benvironment:\s*["']?([A-Za-z_]\w*)/g,
];

/** Of our environment only what the files name, and what compose itself is steered by. */
function variables({ env, version }: ModelSource, files: readonly string[]): Record<string, string> {
  const result: Record<string, string> = { VERSION: version };
  const pass = (name: string) => {
    const value = env[name];
    if (value !== undefined) result[name] = value;
  };
  for (const name of Object.keys(env)) if (name.startsWith("COMPOSE_")) pass(name);
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || seen.size > 200) return;
    seen.add(file);
    const text = content(file);
    for (const pattern of mentions) for (const [, name = ""] of text.matchAll(pattern)) pass(name);
    for (const [other] of text.matchAll(/[\w./-]+\.ya?ml\b|[\w./-]*\.env[\w.-]*/g)) {
      visit(resolve(dirname(file), other));
    }
  };
  for (const file of files) visit(file);
  return result;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function content(path: string): string {
  try {
    return isFile(path) && statSync(path).size < 1_000_000 ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}

/** Runs compose on a rendered model. A non-zero exit is an answer. @throws DockerFailure */
export async function composeOn(
  compose: Compose,
  project: string,
  model: ComposeModel,
  args: readonly string[],
  call: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const profiles = new Set(Object.values(model.services).flatMap(({ profiles: its = [] }) => its));
  // Nothing of ours but the names of the profiles: every value is filled in already.
  const env = profiles.size > 0 ? { COMPOSE_PROFILES: [...profiles].join(",") } : {};
  const cwd = tmpdir();
  if (compose.major >= 2) {
    const place = ["-p", project, "--env-file", devNull, "-f", "-"];
    return await compose.run([...place, ...args], { ...call, cwd, env, input: JSON.stringify(model) });
  }
  // v1 reads its standard input twice. In a folder of its own there is no .env either.
  const folder = makeOwnFolder();
  try {
    const file = join(folder.path, "docker-compose.json");
    writeFileSync(file, JSON.stringify(asV1(model)), { mode: 0o600 });
    return await compose.run(["-p", project, "-f", file, ...args], { ...call, cwd, env });
  } finally {
    folder.remove();
  }
}

/** v1 refuses words that came later; it pulls nothing that is there. */
function asV1({ name: _name, ...model }: ComposeModel): ComposeModel {
  const services = Object.entries(model.services).map(([key, { pull_policy: _policy, ...service }]) => [
    key,
    service,
  ]);
  return { ...model, services: Object.fromEntries(services) };
}

/** The hash that compose gives each service: by it compose decides whether to make its containers anew. @throws DockerFailure */
export async function hashesOf(
  compose: Compose,
  project: string,
  model: ComposeModel,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const names = compose.major >= 2 ? ["--hash", "*"] : ["--hash=*"];
  const answer = await composeOn(compose, project, model, ["config", ...names], { signal });
  if (answer.code !== 0) throw dockerFailure(answer.stderr);
  const lines = answer.stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(lines.filter((parts): parts is [string, string] => parts.length === 2));
}

/** The address of the engine that a context leads to. @throws DockerFailure */
export async function endpointOf(
  docker: Docker,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  if (docker.context === undefined && env["DOCKER_HOST"]) return env["DOCKER_HOST"];
  const name = docker.context === undefined ? [] : [docker.context];
  const format = "{{.Endpoints.docker.Host}}";
  const answer = await docker.run(["context", "inspect", "--format", format, ...name], { signal });
  if (answer.code !== 0) throw new DockerFailure("not-found", `there is no docker context ${name[0] ?? ""}`);
  return answer.stdout.trim();
}
