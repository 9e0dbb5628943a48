import type { ApiAnswer, ApiDoor, ApiRequest } from "./proxy.ts";
import { resourceByWord, rootOf, wellKnownKinds } from "./resources.ts";
import { type Words, wordsOf } from "./words.ts";

/** What a run of kubectl would have answered. */
export interface DirectAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Item {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: unknown;
  };
}

/**
 * The requests that kubectl would send for these words, without starting one: reading, creating and replacing objects of
 * kinds that every cluster has. Undefined for everything else, which is for kubectl itself.
 * @throws the signal's reason
 */
export function directly(
  args: readonly string[],
  input: string | undefined,
): ((door: ApiDoor, signal: AbortSignal) => Promise<DirectAnswer>) | undefined {
  const words = wordsOf(args);
  if (words === undefined) return undefined;
  if (words.raw !== undefined) return rawCall(words, words.raw, input);
  if (words.verb === "get") return words.isFromInput ? getListed(words, input) : getNamed(words);
  if (words.verb === "create" || words.verb === "replace") return write(words, input);
  if (words.verb === "annotate") return annotate(words, args.includes("--overwrite"), input);
  return undefined;
}

const verbs = { get: "GET", create: "POST", replace: "PUT", delete: "DELETE" } as const;

type Call = (door: ApiDoor, signal: AbortSignal) => Promise<DirectAnswer>;

function rawCall({ verb }: Words, path: string, input: string | undefined): Call {
  return async (door, signal) => {
    const method = verbs[verb as keyof typeof verbs];
    const answer = await ask(door, { method, path, signal, ...(input === undefined ? {} : { body: input }) });
    return "failed" in answer
      ? { code: 1, stdout: "", stderr: answer.failed }
      : { code: 0, stdout: answer.body, stderr: "" };
  };
}

function getListed({ output, ignoresMissing, showsManaged, namespace }: Words, input = ""): Call | undefined {
  const items = itemsIn(input);
  if (output !== "json" || !ignoresMissing || items === undefined) return undefined;
  const paths = items.map((item) => pathOf(item, namespace, true));
  if (paths.includes(undefined)) return undefined;
  return async (door, signal) => {
    const answers = await Promise.all(
      paths.map((path) => ask(door, { method: "GET", path: path ?? "", signal })),
    );
    const found = answers.flatMap((answer) =>
      "failed" in answer ? [] : [shown(JSON.parse(answer.body) as Item, showsManaged)],
    );
    const failed = answers.flatMap((answer) =>
      "failed" in answer && answer.status !== 404 ? [answer.failed] : [],
    );
    const stdout = found.length === 0 ? "" : listed(found);
    return { code: failed.length > 0 ? 1 : 0, stdout, stderr: failed.join("\n") };
  };
}

function getNamed({
  plain,
  output,
  ignoresMissing,
  showsManaged,
  namespace,
  selector,
}: Words): Call | undefined {
  const [words = "", name, ...others] = plain;
  const resources = words.split(",").map(resourceByWord);
  if (output !== "json" || namespace === undefined || others.length > 0 || words === "") return undefined;
  if (name !== undefined && (resources.length > 1 || name.includes("/"))) return undefined;
  if (resources.some((resource) => !resource?.facts.namespaced)) return undefined;
  const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
  return async (door, signal) => {
    const answers = await Promise.all(
      resources.map((resource) => {
        const own = name === undefined ? query : `/${encodeURIComponent(name)}`;
        const space = `/namespaces/${encodeURIComponent(namespace)}`;
        const path = `${resource?.root}${space}/${resource?.facts.resource}${own}`;
        return ask(door, { method: "GET", path, signal });
      }),
    );
    const failed = answers.flatMap((answer) =>
      "failed" in answer && !(answer.status === 404 && ignoresMissing) ? [answer.failed] : [],
    );
    const bodies = answers.flatMap((answer) => ("failed" in answer ? [] : [answer.body]));
    const [code, stderr] = [failed.length > 0 ? 1 : 0, failed.join("\n")];
    if (name !== undefined) {
      const [body] = bodies;
      return {
        code,
        stdout: body === undefined ? "" : JSON.stringify(shown(JSON.parse(body), showsManaged)),
        stderr,
      };
    }
    const items = bodies.flatMap(itemsOfList).map((item) => shown(item, showsManaged));
    return { code, stdout: bodies.length === 0 ? "" : listed(items), stderr };
  };
}

/** kubectl keeps the text of an apply in this, and changes it when it replaces such an object. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function write({ verb, output, isDryRun, namespace, manager }: Words, input = ""): Call | undefined {
  const items = itemsIn(input);
  const print = printers.get(output ?? "");
  if (print === undefined || items === undefined || items.length === 0) return undefined;
  const isReplace = verb === "replace";
  const paths = items.map((item) => pathOf(item, namespace, isReplace));
  const isOurs = items.every(
    ({ kind, metadata }) =>
      isDryRun ||
      kind.startsWith("SelfSubject") ||
      (items.length === 1 && !metadata?.annotations?.[lastApplied]),
  );
  if (!isOurs || paths.includes(undefined)) return undefined;
  if (isReplace && items.some(({ metadata }) => !metadata?.resourceVersion)) return undefined;
  const query = `?fieldManager=${encodeURIComponent(manager)}${isDryRun ? "&dryRun=All" : ""}`;
  const method = isReplace ? "PUT" : "POST";
  return async (door, signal) =>
    await sent(
      items.map((item, i) =>
        ask(door, { method, path: `${paths[i]}${query}`, body: JSON.stringify(item), signal }),
      ),
      print,
    );
}

function annotate(
  { plain, output, namespace, manager }: Words,
  overwrites: boolean,
  input = "",
): Call | undefined {
  const items = itemsIn(input);
  const pairs = plain.map((word) => /^([^=]+)=(.*)$/s.exec(word));
  if (!overwrites || output !== "name" || items === undefined || pairs.includes(null)) return undefined;
  const paths = items.map((item) => pathOf(item, namespace, true));
  if (paths.includes(undefined)) return undefined;
  const annotations = Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1], pair[2]]] : [])));
  const body = JSON.stringify({ metadata: { annotations } });
  const query = `?fieldManager=${encodeURIComponent(manager)}`;
  return async (door, signal) =>
    await sent(
      paths.map((path) => ask(door, { method: "PATCH", path: `${path}${query}`, body, signal })),
      wordOf,
    );
}

/** What is printed of an object that was written, by `-o`. */
const printers: ReadonlyMap<string, (item: Item) => string> = new Map([
  ["json", (item: Item) => JSON.stringify(shown(item, false), null, 1)],
  ["name", wordOf],
  ["jsonpath={.metadata.resourceVersion}", ({ metadata }: Item) => metadata?.resourceVersion ?? ""],
]);

async function sent(
  requests: readonly Promise<Asked>[],
  print: (item: Item) => string,
): Promise<DirectAnswer> {
  const answers = await Promise.all(requests);
  const failed = answers.flatMap((answer) => ("failed" in answer ? [answer.failed] : []));
  const written = answers.flatMap((answer) => ("failed" in answer ? [] : [JSON.parse(answer.body) as Item]));
  return {
    code: failed.length > 0 ? 1 : 0,
    stdout: written.map(print).join("\n"),
    stderr: failed.join("\n"),
  };
}

function itemsIn(input: string): readonly Item[] | undefined {
  let value: Item & { readonly items?: unknown };
  try {
    value = JSON.parse(input);
  } catch {
    return undefined;
  }
  const items = value?.kind === "List" ? value.items : [value];
  const isGood = (item: Partial<Item> | null) =>
    typeof item?.apiVersion === "string" && typeof item.kind === "string";
  return Array.isArray(items) && items.every(isGood) ? items : undefined;
}

function pathOf(
  { apiVersion, kind, metadata = {} }: Item,
  place: string | undefined,
  isNamed: boolean,
): string | undefined {
  const slash = apiVersion.indexOf("/");
  const facts = wellKnownKinds.get(`${kind}.${slash < 0 ? "" : apiVersion.slice(0, slash)}`);
  const namespace = metadata.namespace ?? place;
  if (facts === undefined || (facts.namespaced && !namespace) || (isNamed && !metadata.name))
    return undefined;
  // Somebody else's flag: kubectl would refuse it.
  if (place !== undefined && metadata.namespace !== undefined && place !== metadata.namespace)
    return undefined;
  const space = facts.namespaced ? `/namespaces/${encodeURIComponent(namespace ?? "")}` : "";
  const name = isNamed ? `/${encodeURIComponent(metadata.name ?? "")}` : "";
  return `${rootOf(apiVersion)}${space}/${facts.resource}${name}`;
}

/** Items of a list do not say themselves what they are. */
function itemsOfList(body: string): Item[] {
  const list = JSON.parse(body) as { kind: string; apiVersion: string; items?: Item[] | null };
  const own = { kind: list.kind.replace(/List$/, ""), apiVersion: list.apiVersion };
  return (list.items ?? []).map((item) => ({ ...own, ...item }));
}

function shown(item: Item, showsManaged: boolean): Item {
  if (showsManaged || item.metadata?.managedFields === undefined) return item;
  const { managedFields: _, ...metadata } = item.metadata;
  return { ...item, metadata };
}

function listed(items: readonly Item[]): string {
  return JSON.stringify({ apiVersion: "v1", items, kind: "List", metadata: { resourceVersion: "" } });
}

function wordOf({ apiVersion, kind, metadata }: Item): string {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : `.${apiVersion.slice(0, slash)}`;
  return `${kind.toLowerCase()}${group}/${metadata?.name ?? ""}`;
}

type Asked = ApiAnswer | { readonly failed: string; readonly status: number };

/** The answer, or the line that kubectl would have written to stderr. */
async function ask(door: ApiDoor, request: ApiRequest): Promise<Asked> {
  let answer: ApiAnswer;
  try {
    answer = await door.request(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    return { failed: `Unable to connect to the server: ${code ?? message}: unexpected EOF`, status: 0 };
  }
  const { status, isJson, body } = answer;
  if (status < 400) return answer;
  // The proxy itself says what it could not do as plain text.
  if (!isJson)
    return { failed: `Unable to connect to the server: ${body.trim() || `HTTP ${status}`}`, status };
  const { reason, message } = statusIn(body);
  const word = reason ? ` (${reason})` : "";
  return { failed: `Error from server${word}: ${message ?? `HTTP ${status}`}`, status };
}

function statusIn(body: string): { readonly reason?: string; readonly message?: string } {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
