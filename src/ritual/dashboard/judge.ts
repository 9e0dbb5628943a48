import { count, printable } from "../../core/text.ts";
import type { PanelState } from "./ask.ts";
import type { CapturedPanel } from "./capture.ts";
import type { DashboardSettings } from "./settings.ts";

/** What the panels mean for the release. */
export interface Judgement {
  readonly ok: boolean;
  /** `12 panels: 10 ok, 1 empty, 1 broken`. */
  readonly summary: string;
  /** One line each. */
  readonly failures: readonly string[];
  readonly warnings: readonly string[];
}

type Judged = Pick<CapturedPanel, "id" | "title" | "type" | "state" | "reason">;

/** Pure: nothing but the panels and the policy counts. A dashboard that shows nothing at all is never well. */
export function judge(
  panels: readonly Judged[],
  { empty = "warn", broken = "fail" }: DashboardSettings,
): Judgement {
  const seen = panels.filter(({ type }) => type !== "row");
  const of = (state: PanelState) => seen.filter((panel) => panel.state === state);
  const lines = (state: PanelState) =>
    of(state).map((panel) => `panel ${nameOf(panel)} is ${state}: ${panel.reason}`);
  const asked = seen.length - of("not-queried").length;
  const isBlank = of("ok").length === 0 && (broken === "warn" || of("broken").length === 0);
  const kinds = (["empty", "broken"] as const).filter((state) => of(state).length > 0);
  const nothing =
    asked === 0
      ? ["no panel of the dashboard has a query that can be asked"]
      : isBlank
        ? [`no panel has data in the window: all ${asked} are ${kinds.join(" or ")}`]
        : [];
  const failures = [
    ...nothing,
    ...(broken === "fail" ? lines("broken") : []),
    ...(empty === "fail" ? lines("empty") : []),
  ];
  const unasked = of("not-queried").filter(({ reason }) => !/no queries$/.test(reason));
  const warnings = [
    ...(broken === "warn" ? lines("broken") : []),
    ...(empty === "warn" && nothing.length === 0 ? lines("empty") : []),
    ...unasked.map((panel) => `panel ${nameOf(panel)} was not queried: ${panel.reason}`),
  ];
  const parts = (["ok", "empty", "broken", "not-queried"] as const)
    .map((state) => [of(state).length, state.replace("-", " ")] as const)
    .filter(([n, word]) => n > 0 || word === "ok")
    .map(([n, word]) => `${n} ${word}`);
  return {
    ok: failures.length === 0,
    summary: `${count(seen.length, "panel")}: ${parts.join(", ")}`,
    failures,
    warnings,
  };
}

/** The settings by which what fails would be a warning; none where nothing at all has data. */
export function lenience(panels: readonly Judged[], settings: DashboardSettings): readonly string[] {
  if (!judge(panels, { ...settings, empty: "warn", broken: "warn" }).ok) return [];
  const { empty = "warn", broken = "fail" } = settings;
  const failing = (state: PanelState) =>
    panels.some((panel) => panel.type !== "row" && panel.state === state);
  return [
    ...(broken === "fail" && failing("broken") ? ["ritual.dashboard.broken: warn"] : []),
    ...(empty === "fail" && failing("empty") ? ["ritual.dashboard.empty: warn"] : []),
  ];
}

export function nameOf({ id, title }: Pick<CapturedPanel, "id" | "title">): string {
  return title === "" ? String(id) : `${id} "${printable(title, 80)}"`;
}
