/** A service as compose renders it. Only what we look at is named; everything else is carried along. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: unknown;
  readonly pull_policy?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>> | readonly string[];
  readonly deploy?: { readonly replicas?: number };
  readonly scale?: number;
  readonly profiles?: readonly string[];
  readonly ports?: readonly (string | number | PortMapping)[];
  readonly volumes?: readonly (string | Mount)[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export interface PortMapping {
  readonly target: number | string;
  readonly published?: number | string;
  readonly protocol?: string;
  readonly host_ip?: string;
}

export interface Mount {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
}

/** What `config` renders: every variable filled in, every file merged. A `$` of its values is written `$$`. */
export interface ComposeModel {
  readonly name?: string;
  readonly version?: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly configs?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

/** How many containers of it there should be. */
export function replicas(service: ComposeService): number {
  return service.scale ?? service.deploy?.replicas ?? 1;
}

/** Services that another one waits for to end well: they are jobs. */
export function jobsOf(model: ComposeModel): ReadonlySet<string> {
  const jobs = new Set<string>();
  for (const [name, service] of Object.entries(model.services)) {
    if (service.labels?.["release-sentinel.job"] === "true") jobs.add(name);
    for (const [needed, how] of Object.entries(service.depends_on ?? {})) {
      if (typeof how === "object" && how.condition === "service_completed_successfully") jobs.add(needed);
    }
  }
  return jobs;
}

/** `name` of `registry:5000/shop/name:tag@sha256:…`, with all that stands before the tag. */
export function repository(image: string): string {
  const [named = ""] = image.split("@");
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
}

/** Without the registry and folders that docker itself takes for granted. */
export function sameRepository(a: string, b: string): boolean {
  const plain = (image: string) => repository(image).replace(/^(index\.)?docker\.io\/(library\/)?/, "");
  return plain(a) === plain(b);
}

/** A published port of a service, with what it is published on; ranges are left to the engine. */
export function publishedPorts(service: ComposeService): readonly string[] {
  return (service.ports ?? []).flatMap((port) => {
    if (typeof port !== "object") {
      // v1 renders `127.0.0.1:8080:80/tcp`.
      const [text = "", protocol = "tcp"] = String(port).split("/");
      const published = text.split(":").at(-2);
      return published !== undefined && /^\d+$/.test(published) ? [`${published}/${protocol}`] : [];
    }
    const published = String(port.published ?? "");
    return /^[1-9]\d*$/.test(published) ? [`${published}/${port.protocol ?? "tcp"}`] : [];
  });
}
