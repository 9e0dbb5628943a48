import type { Docker, DockerAnswer, DockerCall } from "../docker.ts";
import { DockerFailure } from "./failure.ts";

/** Compose, whichever there is: the plugin (v2), or the program of its own (v1, or a v2 that stands alone). */
export interface Compose {
  readonly major: number;
  /** `v2.26.1`. */
  readonly version: string;
  /** Arguments begin with compose's own flags. A non-zero exit is an answer. @throws DockerFailure */
  run(args: readonly string[], call: DockerCall): Promise<DockerAnswer>;
  /** For a person to type. */
  typed(args: readonly string[]): string;
}

/** @throws DockerFailure, `missing` when there is none */
export async function findCompose(docker: Docker, signal: AbortSignal): Promise<Compose> {
  const plugin = docker.has("docker")
    ? await docker.run(["compose", "version", "--short"], { signal })
    : undefined;
  const place = docker.context === undefined ? [] : ["--context", docker.context];
  if (plugin?.code === 0) {
    return {
      ...numbers(plugin.stdout),
      run: (args, call) => docker.run(["compose", ...args], call),
      typed: (args) => docker.typed(["compose", ...args]),
    };
  }
  if (!docker.has("docker-compose")) {
    throw new DockerFailure("missing", "neither `docker compose` nor `docker-compose` is installed");
  }
  const program = (args: readonly string[], call: DockerCall) =>
    docker.program(["docker-compose", ...place, ...args], call);
  const alone = await program(["version", "--short"], { signal });
  if (alone.code !== 0) throw new DockerFailure("missing", "`docker-compose version` fails");
  return {
    ...numbers(alone.stdout),
    run: program,
    typed: (args) => docker.typed(args).replace(/^docker/, "docker-compose"),
  };
}

function numbers(stdout: string): { major: number; version: string } {
  const version = stdout.trim().replace(/^v/, "");
  return { major: Number.parseInt(version, 10) || 2, version: `v${version}` };
}
