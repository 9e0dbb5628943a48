import { gunzipSync, gzipSync } from "node:zlib";
import { type Docker, DockerFailure } from "../../clients/docker.ts";
import { emptyState, type PlaceState, type Register } from "../state/register.ts";
import { emptyTar, filesOf, tarOf } from "./tar.ts";

/** What the engine remembers of one project. */
export interface Stored extends PlaceState {
  /** Counts the writes. */
  readonly sequence: number;
  readonly environment: string;
}

export const recordLabel = "release-sentinel.record";
const environmentLabel = "release-sentinel.environment";
const image = "release-sentinel/record:1";
const folder = "/record";

export interface EngineRecord extends Register {
  /** Null where there is none. @throws DockerFailure */
  stored(signal: AbortSignal): Promise<Stored | null>;
}

/**
 * The record lies in a named volume of the engine, which outlives containers, images and CI machines. A container that is
 * never started is the way to it, for `docker cp`, and keeps `docker volume prune` away.
 * Two files are written in turn, so that a write that is cut off harms the older one only.
 */
export function createRecord(docker: Docker, project: string, environment: string): EngineRecord {
  const name = `release-sentinel.${project}`;
  const readTar = (signal: AbortSignal) => docker.run(["cp", `${name}:${folder}`, "-"], { signal });

  async function stored(signal: AbortSignal): Promise<Stored | null> {
    let answer = await readTar(signal);
    if (answer.code !== 0) {
      const volumes = await docker.text(["volume", "ls", "-q", "--filter", `name=${name}`], { signal });
      if (!volumes.split("\n").includes(name)) return null;
      await openWay(signal);
      answer = await readTar(signal);
      if (answer.code !== 0) throw new DockerFailure("other", `the record in volume ${name} cannot be read`);
    }
    const found = [...filesOf(answer.stdout).values()].map(decode).filter((stored) => stored !== null);
    return found.sort((a, b) => b.sequence - a.sequence)[0] ?? null;
  }

  async function openWay(signal: AbortSignal): Promise<void> {
    const labels = [`${recordLabel}=${project}`, `${environmentLabel}=${environment}`];
    const flags = labels.flatMap((label) => ["--label", label]);
    // Naming a volume that is there already changes nothing.
    await docker.text(["volume", "create", ...flags, name], { signal });
    if ((await docker.run(["image", "inspect", image], { signal })).code !== 0) {
      await docker.text(["import", "-", image], { signal, input: emptyTar });
    }
    const mount = `type=volume,src=${name},dst=${folder}`;
    const made = await docker.run(
      ["create", "--name", name, ...flags, "--network", "none", "--mount", mount, image, "record"],
      { signal },
    );
    if (made.code !== 0 && !/already in use/.test(made.stderr)) {
      throw new DockerFailure("other", `the record of ${project} cannot be kept on the engine`);
    }
  }

  return {
    stored,
    async read(signal) {
      const found = await stored(signal);
      return { state: found ?? emptyState, tag: String(found?.sequence ?? 0) };
    },
    // Whoever writes has the lock: what is asked here is only that they know what they change.
    async replace(state, tag, signal) {
      const before = await stored(signal);
      if (String(before?.sequence ?? 0) !== tag) return false;
      if (before === null) await openWay(signal);
      const sequence = (before?.sequence ?? 0) + 1;
      const input = tarOf(`record.${sequence % 2}`, encode({ ...state, environment, sequence }));
      await docker.text(["cp", "-", `${name}:${folder}`], { signal, input });
      return true;
    },
  };
}

/** Projects that this tool has deployed to an engine. */
export async function recordedProjects(
  docker: Docker,
  signal: AbortSignal,
): Promise<readonly { readonly project: string; readonly environment: string }[]> {
  const format = `{{.Label "${recordLabel}"}} {{.Label "${environmentLabel}"}}`;
  const listed = await docker.text(["volume", "ls", "--filter", `label=${recordLabel}`, "--format", format], {
    signal,
  });
  return listed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [project = "", environment = ""] = line.split(" ");
      return { project, environment };
    });
}

function encode(stored: Stored): string {
  return gzipSync(JSON.stringify(stored)).toString("base64");
}

/** Null for what was cut off in the middle: the checksum of gzip tells. */
function decode(text: string): Stored | null {
  try {
    const stored = JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString("utf8")) as Stored;
    return stored.schema === emptyState.schema ? stored : null;
  } catch {
    return null;
  }
}
