import { createHash } from "node:crypto";
import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { grantRemedy } from "./grant.ts";
import type { KubeList, KubeObject } from "./object.ts";
import {
  chunkBytes,
  chunksOf,
  emptyRecord,
  packRecord,
  RecordUnreadable,
  recordKey,
  type StoredRecord,
  unpackRecord,
} from "./record.ts";
import { registerSecrets } from "./secret-values.ts";
import { textAt } from "./shape.ts";

export const recordLabel = "release-sentinel/record";
const environmentLabel = "release-sentinel/environment";
const partLabel = "release-sentinel/record-part";
const recordType = "release-sentinel/record";
const partsAnnotation = "release-sentinel/parts";
const nameAnnotation = "release-sentinel/name";
const environmentAnnotation = "release-sentinel/environment";

export interface RecordStore {
  /** Null: there is none. @throws StepFailure when it cannot be read, or is damaged */
  read(signal: AbortSignal): Promise<StoredRecord | null>;
  /**
   * Reads, changes and writes; when somebody else has written in between, all of it again. What `change` answers is there
   * when this ends; null: there is nothing to change.
   * @throws StepFailure
   */
  update(change: (record: StoredRecord) => StoredRecord | null, signal: AbortSignal): Promise<StoredRecord>;
}

/** Where and of what a record is. */
export interface RecordPlace {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly environment: string;
  readonly name: string;
  /** Told of every value of the Secrets that are remembered. */
  readonly secrets?: Secrets | undefined;
}

interface Head {
  readonly resourceVersion: string | undefined;
  readonly record: StoredRecord;
  readonly parts: readonly string[];
}

const attempts = 8;

/** The record as a Secret `release-sentinel.NAME`, and further ones for what does not fit into it. */
export function createRecordStore(
  place: RecordPlace,
  options: { readonly chunkBytes?: number } = {},
): RecordStore {
  const { kubectl, namespace, environment, name, secrets } = place;
  const key = recordKey(name);
  const headName = `release-sentinel.${key}`;
  const limit = options.chunkBytes ?? chunkBytes;

  /** As it was seen last; the server refuses a change of anything else. */
  let seen: Head | null | undefined;

  const getSecret = async (secret: string, signal: AbortSignal): Promise<KubeObject | null> => {
    const args = ["get", "secret", secret, `--namespace=${namespace}`, "--ignore-not-found", "-o", "json"];
    const text = await kubectl.text(args, { signal });
    return text.trim() === "" ? null : (JSON.parse(text) as KubeObject);
  };

  const readHead = async (signal: AbortSignal): Promise<Head | null> => {
    for (let attempt = 1; ; attempt++) {
      const head = await getSecret(headName, signal);
      if (head === null) return null;
      const parts = (head.metadata.annotations?.[partsAnnotation] ?? "").split(",").filter(Boolean);
      const rest = await Promise.all(parts.map((part) => getSecret(part, signal)));
      // Parts go when their head is replaced: read again what it says now.
      if (rest.some((part) => part === null) && attempt < 4) continue;
      const bytes = [head, ...rest].map((one) => Buffer.from(textAt(one, "data", "record") ?? "", "base64"));
      try {
        const record = unpackRecord(Buffer.concat(bytes));
        if (secrets) for (const object of objectsOf(record)) registerSecrets(object, secrets);
        return { resourceVersion: head.metadata.resourceVersion, record, parts };
      } catch (error) {
        if (error instanceof RecordUnreadable) throw unreadable(kubectl, namespace, headName, error);
        throw error;
      }
    }
  };

  const write = async (record: StoredRecord, before: Head | null, signal: AbortSignal): Promise<Head> => {
    const [first = Buffer.alloc(0), ...rest] = chunksOf(packRecord(record), limit);
    // Under a name of their own: who reads the old head finds the old parts.
    const parts = rest.map((chunk, i) => ({ name: `${headName}.${shortDigest(chunk)}.${i + 1}`, chunk }));
    const secret = (secretName: string, data: Buffer, meta: object): object => ({
      apiVersion: "v1",
      kind: "Secret",
      type: recordType,
      metadata: { name: secretName, namespace, ...meta },
      data: { record: data.toString("base64") },
    });
    for (const part of parts) {
      const labels = { [partLabel]: key };
      await create(kubectl, secret(part.name, part.chunk, { labels }), signal).catch((error) => {
        if (!(error instanceof KubectlFailure && error.reason === "AlreadyExists")) throw error;
      });
    }
    const names = parts.map((part) => part.name);
    const meta = {
      labels: { [recordLabel]: key, [environmentLabel]: recordKey(environment) },
      annotations: {
        [nameAnnotation]: name,
        [environmentAnnotation]: environment,
        ...(names.length > 0 && { [partsAnnotation]: names.join(",") }),
      },
    };
    const version = before?.resourceVersion;
    const input = JSON.stringify(
      secret(headName, first, { ...meta, ...(version !== undefined && { resourceVersion: version }) }),
    );
    const verb = before === null ? "create" : "replace";
    const answer = ["-o", "jsonpath={.metadata.resourceVersion}"];
    const resourceVersion = await kubectl.text([verb, "-f", "-", ...answer], { signal, input });
    const head = { resourceVersion: resourceVersion.trim(), record, parts: names };
    const old = before?.parts.filter((part) => !names.includes(part)) ?? [];
    if (old.length === 0) return head;
    // What is left over of it harms nobody.
    await kubectl.run(["delete", "secret", ...old, `--namespace=${namespace}`, "--ignore-not-found"], {
      signal,
    });
    return head;
  };

  return {
    async read(signal) {
      seen = await guarded(place, "get", () => readHead(signal));
      return seen?.record ?? null;
    },
    async update(change, signal) {
      return await guarded(place, "write", async () => {
        for (let attempt = 1; ; attempt++) {
          const head = seen === undefined ? await readHead(signal) : seen;
          const before = head?.record ?? emptyRecord(environment, name);
          const after = change(before);
          if (after === null) {
            seen = head;
            return before;
          }
          try {
            seen = undefined;
            seen = await write(after, head, signal);
            return after;
          } catch (error) {
            if (!mayHelp(error) || attempt >= attempts) throw error;
            const pause = (error as KubectlFailure).transient ? 500 * attempt : 20 * attempt;
            await sleep(pause, signal);
          }
        }
      });
    },
  };
}

const objectsOf = ({ good, unfinished }: StoredRecord): KubeObject[] =>
  [...good.flatMap(({ objects }) => objects), ...(unfinished?.captured ?? [])].flatMap(
    ({ object }) => object ?? [],
  );

/** Somebody else was quicker, or nobody knows what has arrived: read what is there, and try again. */
function mayHelp(error: unknown): boolean {
  if (!(error instanceof KubectlFailure)) return false;
  if (error.transient) return true;
  return ["Conflict", "AlreadyExists", "NotFound"].includes(error.reason) && !noNamespace(error);
}

const noNamespace = ({ message }: Error) => /namespaces ".*" not found/.test(message);

/** What is known of a record without reading it. */
export interface RecordListed {
  readonly name: string;
  readonly environment: string;
}

/** The records of a namespace. @throws StepFailure */
export async function listRecords(
  kubectl: Kubectl,
  namespace: string,
  signal: AbortSignal,
): Promise<RecordListed[]> {
  const place = { kubectl, namespace, environment: "", name: "" };
  const args = ["get", "secrets", `--namespace=${namespace}`, `--selector=${recordLabel}`, "-o", "json"];
  const { items } = await guarded(place, "get", () => kubectl.json<KubeList>(args, { signal }));
  return items
    .map(({ metadata: { annotations = {} } }) => ({
      name: annotations[nameAnnotation] ?? "",
      environment: annotations[environmentAnnotation] ?? "",
    }))
    .filter(({ name }) => name !== "");
}

async function create(kubectl: Kubectl, object: object, signal: AbortSignal): Promise<void> {
  await kubectl.text(["create", "-f", "-", "-o", "name"], { signal, input: JSON.stringify(object) });
}

const shortDigest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

/** Says what could not be done, and which permission is missing. */
async function guarded<T>(place: RecordPlace, verb: "get" | "write", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
    const { kubectl, namespace } = place;
    const what = verb === "get" ? "read" : "written";
    if (error.reason === "Forbidden") {
      const message = `the record of deploys may not be ${what}: secrets in namespace ${namespace} need get, list, create, update and delete (${error.message})`;
      const verbs = ["get", "list", "create", "update", "delete"];
      throw new StepFailure(message, grantRemedy(kubectl, namespace, "record", verbs, "secrets"), true);
    }
    if (noNamespace(error)) {
      const message = `the record of deploys cannot be ${what}: there is no namespace ${namespace}`;
      throw new StepFailure(message, kubectl.typed(["create", "namespace", namespace]), true);
    }
    const message = `the record of deploys could not be ${what}: ${printable(error.message, 600)}`;
    throw new StepFailure(message, undefined, !error.transient && error.reason !== "Conflict");
  }
}

function unreadable(kubectl: Kubectl, namespace: string, name: string, error: RecordUnreadable): StepFailure {
  return new StepFailure(
    `the record of deploys, Secret ${namespace}/${name}, cannot be used: ${error.message}`,
    `to go on without what it remembers: ${kubectl.typed(["delete", "secret", name, `--namespace=${namespace}`])}`,
    true,
  );
}
