import {
  type Container,
  type ContainerMount,
  type ContainerNetwork,
  type Image,
  labels,
} from "./containers.ts";
import type { ComposeService } from "./model.ts";

export interface Synthesized {
  readonly service: ComposeService;
  /** What it has and a compose file made from it would not have: so this is no whole way back. */
  readonly lost: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * A service made from a container that runs, where nobody has kept the file that it came from.
 * Its anonymous volumes are named, so that their data comes back too, unless several containers have each its own.
 * Everything about it that differs from what the engine does anyway must be carried or named as lost.
 */
export function synthesize(container: Container, image: Image | undefined, isAlone: boolean): Synthesized {
  const { HostConfig: host, Config: config } = container;
  const carried = new Set<string>(ignored);
  const service: Record<string, unknown> = {
    image: container.Config.Image,
    ...fromConfig(config, image?.Config ?? {}),
  };
  for (const [key, carry] of Object.entries(hostFields)) {
    carried.add(key);
    const value = host[key];
    if (!isNothing(value)) Object.assign(service, carry(value, host));
  }
  const lost = Object.entries(host)
    .filter(([key, value]) => !carried.has(key) && !isNothing(value))
    .map(([key]) => key);
  const mode = String(host["NetworkMode"] ?? "");
  const networks = Object.entries(container.NetworkSettings.Networks ?? {});
  const ownMode = /^(host|none|container:)/.test(mode);
  if (ownMode) service["network_mode"] = mode;
  else service["networks"] = Object.fromEntries(networks.map((network) => joined(container, network)));
  if (container.Mounts.length > 0) {
    service["volumes"] = container.Mounts.map((mount) => mounted(mount, isAlone || isNamed(mount)));
  }
  const depends = dependsOn(container);
  if (depends !== undefined) service["depends_on"] = depends;
  return {
    service: escaped(service) as ComposeService,
    lost: mode.startsWith("container:") ? [...lost, "NetworkMode"] : lost,
  };
}

/** What the image says itself is left to it: it is the same image. */
function fromConfig(config: Container["Config"], image: Raw): Record<string, unknown> {
  const ofImage = (image["Labels"] ?? {}) as Raw;
  const own = Object.entries(config.Labels ?? {}).filter(
    ([name, value]) => !name.startsWith(labels.all) && ofImage[name] !== value,
  );
  const ofImageToo = new Set((image["Env"] ?? []) as readonly string[]);
  const environment = (config.Env ?? [])
    .filter((line) => !ofImageToo.has(line))
    .map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
    });
  const plain: readonly (readonly [string, unknown])[] = [
    ["command", differs(config, image, "Cmd")],
    ["entrypoint", differs(config, image, "Entrypoint")],
    ["user", differs(config, image, "User")],
    ["working_dir", differs(config, image, "WorkingDir")],
    ["domainname", config["Domainname"]],
    ["tty", config["Tty"]],
    ["stdin_open", config["OpenStdin"]],
    ["stop_signal", differs(config, image, "StopSignal")],
    ["stop_grace_period", seconds(config["StopTimeout"])],
    ["healthcheck", healthcheck(differs(config, image, "Healthcheck") as Raw | undefined)],
    ["labels", Object.fromEntries(own)],
    ["environment", Object.fromEntries(environment)],
  ];
  return Object.fromEntries(plain.filter(([, value]) => !isNothing(value)));
}

function differs(config: Raw, image: Raw, key: string): unknown {
  return JSON.stringify(config[key] ?? null) === JSON.stringify(image[key] ?? null) ? undefined : config[key];
}

function healthcheck(check: Raw | undefined): unknown {
  if (!check) return undefined;
  const times = { Interval: "interval", Timeout: "timeout", StartPeriod: "start_period" };
  const result: Record<string, unknown> = { test: check["Test"] };
  for (const [from, to] of Object.entries(times)) {
    const value = check[from];
    if (typeof value === "number" && value > 0) result[to] = `${value}ns`;
  }
  if (check["Retries"]) result["retries"] = check["Retries"];
  return result;
}

function seconds(value: unknown): string | undefined {
  return typeof value === "number" ? `${value}s` : undefined;
}

/** Where they come from in HostConfig, and what compose calls them. */
const hostFields: Record<string, (value: unknown, host: Raw) => Record<string, unknown>> = {
  PortBindings: (value) => ({ ports: ports(value as Record<string, readonly Raw[] | null>) }),
  RestartPolicy: (value) => ({ restart: restart(value as Raw) }),
  CapAdd: (value) => ({ cap_add: value }),
  CapDrop: (value) => ({ cap_drop: value }),
  Dns: (value) => ({ dns: value }),
  DnsOptions: (value) => ({ dns_opt: value }),
  DnsSearch: (value) => ({ dns_search: value }),
  ExtraHosts: (value) => ({ extra_hosts: value }),
  GroupAdd: (value) => ({ group_add: value }),
  IpcMode: (value) => (value === "private" || value === "shareable" ? {} : { ipc: value }),
  PidMode: (value) => ({ pid: value }),
  UsernsMode: (value) => ({ userns_mode: value }),
  UTSMode: (value) => ({ uts: value }),
  CgroupParent: (value) => ({ cgroup_parent: value }),
  Privileged: (value) => ({ privileged: value }),
  ReadonlyRootfs: (value) => ({ read_only: value }),
  SecurityOpt: (value) => ({ security_opt: value }),
  ShmSize: (value) => (value === 67_108_864 ? {} : { shm_size: value }),
  Sysctls: (value) => ({ sysctls: value }),
  Init: (value) => ({ init: value }),
  OomScoreAdj: (value) => ({ oom_score_adj: value }),
  OomKillDisable: (value) => ({ oom_kill_disable: value }),
  Memory: (value) => ({ mem_limit: value }),
  MemoryReservation: (value) => ({ mem_reservation: value }),
  MemorySwap: (value, host) => (value === Number(host["Memory"]) * 2 ? {} : { memswap_limit: value }),
  NanoCpus: (value) => ({ cpus: Number(value) / 1e9 }),
  CpuShares: (value) => ({ cpu_shares: value }),
  CpuQuota: (value) => ({ cpu_quota: value }),
  CpuPeriod: (value) => ({ cpu_period: value }),
  CpusetCpus: (value) => ({ cpuset: value }),
  PidsLimit: (value) => ({ pids_limit: value }),
  Tmpfs: (value) => ({ tmpfs: Object.entries(value as Raw).map(([k, v]) => (v ? `${k}:${v}` : k)) }),
  Devices: (value) => ({ devices: (value as readonly Raw[]).map(device) }),
  Ulimits: (value) => ({ ulimits: ulimits(value as readonly Raw[]) }),
  LogConfig: (value) => logging(value as Raw),
  Runtime: (value) => (value === "runc" ? {} : { runtime: value }),
};

/** Said elsewhere, set by the engine itself, or without meaning for a container. */
const ignored = [
  ["Binds", "Mounts", "NetworkMode", "ContainerIDFile", "AutoRemove", "VolumeDriver", "VolumesFrom", "Links"],
  ["CgroupnsMode", "Cgroup", "ConsoleSize", "Isolation", "MaskedPaths", "ReadonlyPaths", "PublishAllPorts"],
  ["MemorySwappiness", "Annotations"],
].flat();

function ports(bindings: Record<string, readonly Raw[] | null>): unknown[] {
  return Object.entries(bindings).flatMap(([container, on]) => {
    const [target = "", protocol = "tcp"] = container.split("/");
    return (on ?? []).map(({ HostIp, HostPort }) => ({
      target: Number(target),
      protocol,
      mode: "ingress",
      ...(HostPort ? { published: String(HostPort) } : {}),
      ...(HostIp ? { host_ip: HostIp } : {}),
    }));
  });
}

function restart(policy: Raw): string | undefined {
  const name = String(policy["Name"] || "no");
  const most = Number(policy["MaximumRetryCount"] ?? 0);
  return name === "on-failure" && most > 0 ? `${name}:${most}` : name;
}

function device(entry: Raw): string {
  return [entry["PathOnHost"], entry["PathInContainer"], entry["CgroupPermissions"]]
    .filter(Boolean)
    .join(":");
}

function ulimits(entries: readonly Raw[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(({ Name, Soft, Hard }) => [String(Name), { soft: Soft, hard: Hard }]),
  );
}

function logging({ Type, Config }: Raw): Record<string, unknown> {
  if (Type === "json-file" && isNothing(Config)) return {};
  return { logging: { driver: Type, ...(isNothing(Config) ? {} : { options: Config }) } };
}

function joined(
  container: Container,
  [name, network]: readonly [string, ContainerNetwork],
): [string, unknown] {
  const service = container.Config.Labels?.[labels.service];
  const own = new Set([service, container.Id.slice(0, 12), container.Name.replace(/^\//, "")]);
  const aliases = (network.Aliases ?? []).filter((alias) => !own.has(alias));
  const { IPv4Address, IPv6Address } = network.IPAMConfig ?? {};
  const said = {
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(IPv4Address ? { ipv4_address: IPv4Address } : {}),
    ...(IPv6Address ? { ipv6_address: IPv6Address } : {}),
  };
  return [name, Object.keys(said).length > 0 ? said : null];
}

/** Anonymous volumes have names of 64 hexadecimal digits. */
function isNamed({ Type, Name }: ContainerMount): boolean {
  return Type === "volume" && !/^[0-9a-f]{64}$/.test(Name ?? "");
}

function mounted(mount: ContainerMount, byName: boolean): Record<string, unknown> {
  const common = { type: mount.Type, target: mount.Destination, ...(mount.RW ? {} : { read_only: true }) };
  if (mount.Type === "bind") return { ...common, source: mount.Source };
  return byName ? { ...common, source: mount.Name } : common;
}

/** Compose writes `db:service_healthy:false,cache:service_started:false` on what it starts. */
function dependsOn(container: Container): Record<string, unknown> | undefined {
  const text = container.Config.Labels?.[labels.dependsOn];
  if (!text) return undefined;
  const entries = text.split(",").map((entry) => {
    const [service = "", condition = "service_started"] = entry.split(":");
    return [service, { condition: condition || "service_started" }] as const;
  });
  return Object.fromEntries(entries);
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Compose reads `$` as the beginning of a variable. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(escaped);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}
