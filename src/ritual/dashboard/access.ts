import { createGrafana } from "../../clients/grafana/client.ts";
import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import type { Grafana } from "../../clients/grafana/types.ts";
import type { EnvReader, HttpReader, HttpWriter, SecretScanner } from "../../clients/readers.ts";
import { parseSpan } from "../../core/days.ts";
import type { Secrets } from "../../core/mask.ts";
import { StepFailure } from "../../core/step.ts";
import type { RitualRelease } from "../release.ts";
import { usualBounds } from "./ask.ts";
import { type Capture, captureDashboard } from "./capture.ts";
import { cleaned } from "./clean.ts";
import { type About, sha256 } from "./record.ts";
import { type DashboardSettings, defaultConcurrency, defaultTimeout } from "./settings.ts";

/** What probe and snapshot work with. */
export interface DashboardWorld {
  readonly http: HttpReader & HttpWriter;
  readonly env: EnvReader;
  readonly secrets: Secrets;
  readonly scanner: SecretScanner;
  readonly settings: DashboardSettings;
  /** Of a flag or the configuration; else GRAFANA_URL counts. */
  readonly grafanaUrl?: string | undefined;
  /** Of a flag or the configuration; else DASHBOARD_UID counts. */
  readonly dashboardUid?: string | undefined;
  /** The window as it was asked for, in words, so that the same words are the same question; undefined: none was. */
  readonly window?: string | undefined;
  /** Written at the foot of the page. */
  readonly toolVersion: string;
  /** Before a question is asked once more; 1 s by default. */
  readonly pauseMs?: number;
}

export interface Dashboard {
  readonly settings: DashboardSettings;
  readonly secrets: Secrets;
  readonly madeBy: string;
  /** Why there is no dashboard to look at, though nobody has asked for one. */
  skip(): string | null;
  /** What is missing to look at one that was asked for. */
  missing(): { readonly message: string; readonly remedy: string } | null;
  /** Where Grafana is, for people; a placeholder where that is not known. */
  readonly shown: string;
  /** Empty where it is not known. */
  readonly uid: string;
  /** What is remembered of a release, and for which question. */
  about(release: Pick<RitualRelease, "tag" | "commit">): About;
  /** GRAFANA_API_KEY; empty where there is none. */
  token(): string;
  /** @throws StepFailure when it cannot be used */
  grafana(): Grafana;
  /** The dashboard with its data, without secrets; asked once, however often it is wanted. @throws StepFailure */
  capture(release: RitualRelease, signal: AbortSignal): Promise<Capture>;
}

const secretsRemedy = "see what is needed: release-sentinel ritual secrets";

/** A dashboard that two steps look at, and that is asked once. */
export function createDashboard(world: DashboardWorld): Dashboard {
  const { env, settings, secrets } = world;
  const url = world.grafanaUrl ?? settings.url ?? env.get("GRAFANA_URL");
  const uid = world.dashboardUid ?? settings.uid ?? env.get("DASHBOARD_UID");
  // What a variable says may be meant for something else.
  const isNews = (given: string | undefined, name: string) => given !== undefined && given !== env.get(name);
  const isAsked =
    Object.keys(settings).length > 0 ||
    isNews(world.grafanaUrl, "GRAFANA_URL") ||
    isNews(world.dashboardUid, "DASHBOARD_UID");
  const token = () => env.secret("GRAFANA_API_KEY") ?? "";
  let grafana: Grafana | undefined;
  let captured: { readonly key: string; readonly capture: Promise<Capture> } | undefined;

  const self: Dashboard = {
    settings,
    secrets,
    madeBy: `Made by release-sentinel ${world.toolVersion} from Grafana's data. It asks nobody for anything.`,
    uid: uid ?? "",
    shown: url === undefined ? "<GRAFANA_URL>" : shownUrl(url, secrets),
    about({ tag, commit }) {
      // Who does not know which dashboard is meant takes what is there.
      if (url === undefined || uid === undefined) return { tag, commit };
      const question = [shownUrl(url, secrets), uid, world.window ?? null, settings.variables ?? {}];
      return { tag, commit, asked: sha256(JSON.stringify(question)).slice(0, 16) };
    },
    token,
    skip() {
      if (isAsked) return null;
      if (url === undefined) return "no GRAFANA_URL";
      return uid === undefined ? "no DASHBOARD_UID" : null;
    },
    missing() {
      const names = [
        ...(url === undefined ? ["GRAFANA_URL"] : []),
        ...(uid === undefined ? ["DASHBOARD_UID"] : []),
        ...(token() === "" ? ["GRAFANA_API_KEY"] : []),
      ];
      if (names.length === 0) return null;
      return {
        message: `the dashboard cannot be looked at without ${names.join(", ")}`,
        remedy: secretsRemedy,
      };
    },
    grafana() {
      const missing = self.missing();
      if (missing || url === undefined) throw new StepFailure(missing?.message ?? "", missing?.remedy, true);
      return inSteps(() => {
        grafana ??= createGrafana({
          url,
          token: token(),
          http: world.http,
          secrets,
          ...(world.pauseMs === undefined ? {} : { pauseMs: world.pauseMs }),
        });
        return grafana;
      });
    },
    async capture(release, signal) {
      const { tag, commit, window } = release;
      const key = JSON.stringify([tag, commit, window]);
      if (captured?.key === key) return captured.capture;
      const capture = take(world, self, release, signal);
      captured = { key, capture };
      // What failed is asked again when it is wanted again.
      capture.catch(() => {
        if (captured?.capture === capture) captured = undefined;
      });
      return capture;
    },
  };
  return self;
}

async function take(
  world: DashboardWorld,
  dashboard: Dashboard,
  { window: wanted }: RitualRelease,
  signal: AbortSignal,
): Promise<Capture> {
  const { settings } = world;
  const now = Date.now();
  // What is still to come has no data.
  const window = wanted.from < now ? { from: wanted.from, to: Math.min(wanted.to, now) } : wanted;
  const timeout = settings.timeout ?? defaultTimeout;
  const timeoutMs =
    typeof timeout === "number" ? timeout * 1000 : (parseSpan(timeout) ?? Number(timeout) * 1000);
  const request = {
    uid: dashboard.uid,
    window,
    variables: settings.variables ?? {},
    bounds: { ...usualBounds, concurrency: settings.concurrency ?? defaultConcurrency, timeoutMs },
  };
  try {
    return await cleaned(await captureDashboard(dashboard.grafana(), request, signal), world);
  } catch (error) {
    throw asStepFailure(error);
  }
}

function inSteps<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStepFailure(error);
  }
}

/** What Grafana's client throws, as the ritual says it. */
export function asStepFailure(error: unknown): unknown {
  if (!(error instanceof GrafanaFailure)) return error;
  return new StepFailure(error.message, error.remedy, error.kind !== "down");
}

function shownUrl(url: string, secrets: Secrets): string {
  const parsed = URL.parse(url.trim());
  return parsed ? secrets.mask(`${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`) : "<GRAFANA_URL>";
}
