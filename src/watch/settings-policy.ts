import { type BurnPair, burnPresets, type Floors } from "../core/burn.ts";
import { SentinelError } from "../core/errors.ts";
import { references } from "../core/interpolate.ts";
import {
  type Criterion,
  createPolicy,
  defaultCriteria,
  defaultFloors,
  defaultJudge,
  defaultTimes,
  type JudgeOptions,
  queriesNeeded,
  type WatchPolicy,
} from "./policy.ts";
import type { ServiceSettings, SignalSettings, SourceName, Span, WatchSettings } from "./settings.ts";
import { objective, share, spanMs } from "./span.ts";
import type { SignalQuery } from "./types.ts";

/** What the names in labels and queries stand for. */
export interface Filled {
  readonly environment: string;
  readonly version: string | null;
}

/** Settings as the pure part judges by them. They were validated. @throws SentinelError where parts contradict each other */
export function policyFrom(settings: WatchSettings): WatchPolicy {
  const floors = { ...defaultFloors, ...settings.floors };
  const criteria = Object.entries(servicesOf(settings)).flatMap(([name, service]) =>
    criteriaOf(name, signalsOf(settings, service), floors),
  );
  if (criteria.length === 0) {
    throw new SentinelError(
      "config-invalid",
      "watch.signals: nothing is watched",
      "leave at least one signal on",
    );
  }
  const { noDataMs, telemetryMs } = defaultTimes.budgets;
  return createPolicy({
    criteria,
    judge: judgeOf(settings, criteria),
    forMs: ms(settings.for, defaultTimes.forMs),
    everyMs: ms(settings.every, defaultTimes.everyMs),
    budgets: {
      noDataMs: ms(settings.budgets?.noData, noDataMs),
      telemetryMs: ms(settings.budgets?.telemetry, telemetryMs),
    },
  });
}

/** The same settings for another length: that of a canary's watch too, whose judge would else take its own time. */
export function lasting(settings: WatchSettings, forMs: number | undefined): WatchSettings {
  if (forMs === undefined) return settings;
  const length = `${forMs}ms`;
  const { canary } = settings;
  if (canary === undefined) return { ...settings, for: length };
  const min = Math.min(ms(canary.min, defaultMinMs), forMs);
  return { ...settings, for: length, canary: { ...canary, min: `${min}ms`, max: length } };
}

/**
 * What the source is asked: what the policy needs, in the words of the settings. What goes to Prometheus stays a template,
 * which the source fills in: there a value must not end the quotes that it stands in.
 * @throws SentinelError where a name stands for nothing
 */
export function queriesFrom(
  settings: WatchSettings,
  policy: WatchPolicy,
  filled: Filled,
  source: SourceName = "prometheus",
): readonly SignalQuery[] {
  const services = servicesOf(settings);
  return queriesNeeded(policy).map((need) => {
    const service = services[need.service] ?? {};
    const arm = need.arm === "all" ? undefined : settings.canary?.[need.arm];
    const labels = { ...settings.labels, ...service.labels, ...arm?.labels };
    const url = arm?.url ?? service.url;
    const words = wordsOf(signalsOf(settings, service), need.kind);
    const texts = fill(words, filled, need.id);
    return {
      ...need,
      query: {
        ...(source === "prometheus" ? words : texts),
        ...(url === undefined ? {} : fill({ url }, filled, need.id)),
      },
      labels: fill(labels, filled, need.id),
    };
  });
}

/** Without services there is one, named by what everything is labelled with. */
function servicesOf({ services, labels = {} }: WatchSettings): Readonly<Record<string, ServiceSettings>> {
  if (services && Object.keys(services).length > 0)
    return Object.fromEntries(Object.entries(services).map(([name, service]) => [name, service ?? {}]));
  const label = labels["service"] ?? labels["job"] ?? "";
  return { [/^[A-Za-z0-9][\w.-]*$/.test(label) ? label : "service"]: {} };
}

/** A service's own signals over those of all: `true` keeps what is there. */
function signalsOf({ signals = {} }: WatchSettings, service: ServiceSettings): SignalSettings {
  const merged: Record<string, unknown> = { ...signals };
  for (const [kind, own] of Object.entries(service.signals ?? {})) {
    const before = merged[kind];
    if (typeof own === "object") merged[kind] = { ...(typeof before === "object" ? before : {}), ...own };
    else if (own === false || typeof before !== "object") merged[kind] = own;
  }
  return merged as SignalSettings;
}

function criteriaOf(service: string, signals: SignalSettings, floors: Floors): readonly Criterion[] {
  return defaultCriteria(service).flatMap((usual): readonly Criterion[] => {
    const own = signals[usual.kind];
    // There is no query for it that would fit everybody.
    if (own === false || (usual.kind === "saturation" && own === undefined)) return [];
    if (typeof own !== "object") return usual.kind === "saturation" ? [usual] : [{ ...usual, floors }];
    return [changed(usual, signals, floors)];
  });
}

function changed(usual: Criterion, signals: SignalSettings, floors: Floors): Criterion {
  switch (usual.kind) {
    case "latency": {
      const { above, percentile = usual.percentile, for: time } = options(signals.latency);
      const thresholdSeconds = ms(above, usual.thresholdSeconds * 1000) / 1000;
      return { ...usual, thresholdSeconds, percentile, forMs: ms(time, usual.forMs), floors };
    }
    case "errors": {
      const { above, over } = options(signals.errors);
      return { ...usual, above: shareOr(above, usual.above), overMs: ms(over, usual.overMs), floors };
    }
    case "burn": {
      const { slo, above, over, preset } = options(signals.burn);
      if (preset !== undefined && (above !== undefined || over !== undefined)) {
        throw new SentinelError(
          "config-invalid",
          "watch.signals.burn: preset says above and over already",
          "leave preset out, or the others",
        );
      }
      const wanted = (slo === undefined ? undefined : objective(slo)) ?? usual.objective;
      return { ...usual, objective: wanted, pairs: pairsOf({ above, over }, preset), floors };
    }
    case "saturation": {
      const { above, for: time } = options(signals.saturation);
      return { ...usual, above: shareOr(above, usual.above), forMs: ms(time, usual.forMs) };
    }
  }
}

function pairsOf(
  { above, over }: { above: number | undefined; over: readonly Span[] | undefined },
  preset: keyof typeof burnPresets = "fast",
): readonly BurnPair[] {
  const [usual] = burnPresets.fast;
  if (above === undefined && over === undefined) return burnPresets[preset];
  const [one, other] = (over ?? []).map((window) => ms(window, 0));
  const [shortMs, longMs] =
    one && other ? [Math.min(one, other), Math.max(one, other)] : [usual.shortMs, usual.longMs];
  return [{ factor: above ?? usual.factor, shortMs, longMs }];
}

function judgeOf({ canary, floors }: WatchSettings, criteria: readonly Criterion[]): JudgeOptions | null {
  if (canary === undefined) return null;
  const { baseline = {}, canary: deployed = {} } = canary;
  if (sorted(baseline.labels) === sorted(deployed.labels) && baseline.url === deployed.url) {
    throw new SentinelError(
      "config-invalid",
      "watch.canary: baseline and canary are asked for in the same way",
      "say how they differ: baseline: { labels: { track: stable } }, canary: { labels: { track: canary } }",
    );
  }
  const usual = defaultJudge(criteria);
  const { alpha = usual.alpha, rho = usual.rho, noWorse = usual.noWorse } = canary;
  const [minMs, maxMs] = [ms(canary.min, usual.minMs), ms(canary.max, usual.maxMs)];
  if (minMs > maxMs) {
    throw new SentinelError("config-invalid", "watch.canary: min is longer than max", "make max longer");
  }
  return { ...usual, alpha, rho, noWorse, minMs, maxMs, bad: floors?.bad ?? usual.bad };
}

const defaultMinMs = defaultJudge([]).minMs;

function sorted(labels: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const words = ["histogram", "total", "bad", "query", "percent", "metric", "thresholds"] as const;

/** What a source is told of a signal, in its own language. */
function wordsOf(signals: SignalSettings, kind: SignalQuery["kind"]): Readonly<Record<string, string>> {
  const own = options<object>(signals[kind]) as Partial<Record<(typeof words)[number], string | boolean>>;
  return Object.fromEntries(
    words.flatMap((word) => (own[word] === undefined ? [] : [[word, String(own[word])]])),
  );
}

function fill(
  texts: Readonly<Record<string, string>>,
  { environment, version }: Filled,
  where: string,
): Readonly<Record<string, string>> {
  const known: Readonly<Record<string, string | null>> = {
    ENVIRONMENT: environment,
    environment,
    VERSION: version,
    version,
  };
  const entries = Object.entries(texts).map(([name, text]) => {
    for (const reference of references(text)) {
      if (known[reference]) continue;
      const why = reference in known ? "no version was given" : "only VERSION and ENVIRONMENT are known here";
      throw new SentinelError(
        reference in known ? "flag-invalid" : "config-invalid",
        `watch: ${where}, ${name}: \${${reference}} stands for nothing: ${why}`,
        reference in known ? "--version v1.4.2" : "write the value itself",
      );
    }
    return [name, text.replace(/\$\{(\w+)\}/g, (_all, reference: string) => known[reference] ?? "")];
  });
  return Object.fromEntries(entries);
}

function options<T extends object>(own: T | boolean | undefined): Partial<T> {
  return typeof own === "object" ? own : {};
}

function ms(span: Span | undefined, usual: number): number {
  return (span === undefined ? undefined : spanMs(span)) ?? usual;
}

function shareOr(given: string | number | undefined, usual: number): number {
  return (given === undefined ? undefined : share(given)) ?? usual;
}
