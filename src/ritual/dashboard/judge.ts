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
  const nothing =
    asked === 0
      ? ["no panel of the dashboard has a query that can be asked"]
      : of("ok").length === 0 && of("broken").length === 0
        ? [`no panel has data in the window: all ${asked} are empty`]
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

export function nameOf({ id, title }: Pick<CapturedPanel, "id" | "title">): string {
  return title === "" ? String(id) : `${id} "${printable(title, 80)}"`;
}
