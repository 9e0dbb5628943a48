import { mapStrings, objects, text } from "../../clients/grafana/json.ts";
import type { DataQuery, Frame, GrafanaJson } from "../../clients/grafana/types.ts";
import { count, printable } from "../../core/text.ts";
import { fillsInIntervals } from "./formats.ts";
import type { PanelModel } from "./model.ts";
import type { FoundSource, Source, Sources } from "./sources.ts";
import { resolution, type Window, windowOf } from "./time.ts";
import { type Builtins, fillIn, type Variable } from "./variables.ts";

/** What is to be asked for one panel, or why nothing is. */
export interface Question {
  readonly panel: PanelModel;
  /** With variables filled in. */
  readonly title: string;
  readonly row: string | null;
  /** Data sources, for people. */
  readonly datasource: string;
  readonly refIds: readonly string[];
  readonly notes: readonly string[];
  readonly ask:
    | { readonly kind: "queries"; readonly queries: readonly DataQuery[] }
    /** Shows what another panel shows. */
    | { readonly kind: "same-as"; readonly panelId: number }
    /** Its data stands in the dashboard itself. */
    | { readonly kind: "embedded"; readonly frames: readonly Frame[] }
    | { readonly kind: "nothing"; readonly state: "not-queried" | "broken"; readonly reason: string };
}

export interface Asking {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly builtins: Builtins;
  readonly window: Window;
  readonly sources: Sources;
  /** Names of filters that Grafana's page adds to queries by itself. */
  readonly adhoc: readonly string[];
}

const withoutQueries = new Set([
  "row",
  "text",
  "news",
  "dashlist",
  "alertlist",
  "annolist",
  "pluginlist",
  "welcome",
  "gettingstarted",
]);

export async function questionOf(panel: PanelModel, asking: Asking): Promise<Question> {
  const fill = filler(panel, asking, "", null);
  const forPeople = (written: string) => fill(asText(written, asking.variables, panel));
  const base = {
    panel,
    title: forPeople(panel.title),
    row: panel.row === null ? null : forPeople(panel.row),
    datasource: "",
    refIds: [],
    notes: [],
  };
  const nothing = (state: "not-queried" | "broken", reason: string): Question => ({
    ...base,
    ask: { kind: "nothing", state, reason },
  });
  if (panel.trouble !== null) return nothing("broken", panel.trouble);
  const targets = objects(panel.json["targets"]);
  if (withoutQueries.has(panel.type)) return nothing("not-queried", `${panel.type} panels have no queries`);
  if (targets.length === 0) return nothing("not-queried", "it has no queries");

  const { notes, window } = windowOf(asking.window, panel.json);
  const common = { ...base, notes: [...notes, ...aboutTransformations(panel)] };
  const resolved = await Promise.all(targets.map((target) => resolve(target, panel, asking.sources, fill)));
  const special = resolved.map(({ found }) => ("special" in found ? found.special : undefined));
  if (special.includes("dashboard")) return sameAs(common, targets);
  if (special.every((name) => name === "grafana")) return ownData({ ...base, notes: common.notes }, targets);

  const hasExpressions = special.includes("expression");
  // An expression may use what is hidden.
  const asked = resolved.filter(
    ({ target }) => (hasExpressions || target["hide"] !== true) && !isBlank(target),
  );
  const shown = asked.filter(({ target }) => target["hide"] !== true);
  if (shown.length === 0) return nothing("not-queried", "all of its queries are hidden or blank");
  const trouble = asked.flatMap(({ found }) => ("trouble" in found ? [found.trouble] : []))[0];
  if (trouble !== undefined) return nothing("broken", trouble);
  return queriesOf(common, { asked, shown, window, asking, hasExpressions });
}

interface Resolved {
  readonly target: GrafanaJson;
  readonly refId: string;
  readonly found: FoundSource;
}

async function resolve(
  target: GrafanaJson,
  panel: PanelModel,
  sources: Sources,
  fill: (text: string) => string,
): Promise<Resolved> {
  const own = target["datasource"];
  const found = await sources.find(own ?? panel.json["datasource"], fill);
  const isMixed = "special" in found && found.special === "mixed";
  return {
    target,
    refId: text(target["refId"]) ?? "A",
    found: isMixed ? await sources.find(null, fill) : found,
  };
}

interface Parts {
  readonly asked: readonly Resolved[];
  readonly shown: readonly Resolved[];
  readonly window: Window;
  readonly asking: Asking;
  readonly hasExpressions: boolean;
}

function queriesOf(base: Omit<Question, "ask">, parts: Parts): Question {
  const { asked, shown, window, asking, hasExpressions } = parts;
  const notes = new Set(base.notes);
  const cannot = new Set<string>();
  const { maxDataPoints, intervalMs } = resolution(window, base.panel.json);
  const written = asked.map(({ target, refId, found }) => {
    const source = sourceOf(found);
    const own = fillsInIntervals(source.type) ? null : intervalMs;
    const fill = filler(
      base.panel,
      { ...asking, builtins: { ...asking.builtins, ...window } },
      source.type,
      own,
      {
        unknown: (name, isEverything) => {
          if (isEverything) notes.add(`$${name} is All, and stands for everything here`);
          else cannot.add(name);
        },
      },
    );
    const { datasource: _, exemplar: __, hide, ...rest } = target;
    const filled = mapStrings(rest, fill) as GrafanaJson;
    const query = {
      ...filled,
      refId,
      ...(hide === true ? { hide } : {}),
      datasource: { type: source.type, uid: source.uid },
      intervalMs,
      maxDataPoints,
    };
    return { query, uid: source.uid };
  });
  if (cannot.size > 0) {
    const name = [...cannot][0] ?? "";
    const reason = `$${printable(name, 60)} is All, and its values are not in the dashboard: name them in ritual.dashboard.variables`;
    return { ...base, ask: { kind: "nothing", state: "not-queried", reason } };
  }
  if (asking.adhoc.length > 0) {
    notes.add(`the filters of ${printable(asking.adhoc.join(", "), 100)} are not applied`);
  }
  // Servers before Grafana 10 take queries to one data source at a time, but for expressions.
  const groups = hasExpressions ? [written] : [...Map.groupBy(written, ({ uid }) => uid).values()];
  return {
    ...base,
    datasource: [...new Set(shown.map(({ found }) => sourceOf(found).shown))].join(", "),
    refIds: shown.map(({ refId }) => refId),
    notes: [...notes],
    ask: {
      kind: "queries",
      queries: groups.map((group) => ({ ...window, queries: group.map(({ query }) => query) })),
    },
  };
}

function sourceOf(found: FoundSource): Source {
  if ("source" in found) return found.source;
  const special = "special" in found ? found.special : "";
  if (special === "expression") return { uid: "__expr__", type: "__expr__", shown: "expression" };
  return { uid: "grafana", type: "grafana", shown: "Grafana" };
}

function sameAs(base: Omit<Question, "ask">, targets: readonly GrafanaJson[]): Question {
  const panelId = Number(targets[0]?.["panelId"]);
  const isTransformed = targets.some(({ withTransforms }) => withTransforms === true);
  const notes = isTransformed ? ["the other panel's transformations are not applied"] : [];
  return {
    ...base,
    datasource: `panel ${Number.isFinite(panelId) ? panelId : "?"}`,
    refIds: targets.map(({ refId }) => text(refId) ?? "A"),
    notes: [...base.notes, ...notes],
    ask: { kind: "same-as", panelId },
  };
}

/** `-- Grafana --`: data that stands in the dashboard; the other things that it can do have no past. */
function ownData(base: Omit<Question, "ask">, targets: readonly GrafanaJson[]): Question {
  const frames = targets
    .filter(({ queryType }) => queryType === "snapshot")
    .flatMap(({ snapshot }) => objects(snapshot) as readonly Frame[]);
  const known = { ...base, datasource: "Grafana", refIds: targets.map(({ refId }) => text(refId) ?? "A") };
  if (frames.length > 0) return { ...known, ask: { kind: "embedded", frames } };
  const what = text(targets[0]?.["queryType"]) ?? "randomWalk";
  const reason = `Grafana's own ${printable(what, 60)} is nothing that was measured`;
  return { ...known, ask: { kind: "nothing", state: "not-queried", reason } };
}

function aboutTransformations({ json }: PanelModel): readonly string[] {
  const names = objects(json["transformations"])
    .filter(({ disabled }) => disabled !== true)
    .map(({ id }) => String(id));
  return names.length === 0
    ? []
    : [`${count(names.length, "transformation")} not applied: ${printable(names.join(", "), 100)}`];
}

/** A PromQL query that nobody has written yet. */
function isBlank(target: GrafanaJson): boolean {
  return typeof target["expr"] === "string" && target["expr"].trim() === "";
}

function filler(
  panel: PanelModel,
  { variables, builtins }: Pick<Asking, "variables" | "builtins">,
  datasourceType: string,
  intervalMs: number | null,
  more: { readonly unknown?: (name: string, isEverything: boolean) => void } = {},
): (text: string) => string {
  return (written) =>
    fillIn(written, { variables, scope: panel.scope, builtins, datasourceType, intervalMs, ...more });
}

/** A title is for people: variables in it as they are shown. */
function asText(written: string, variables: ReadonlyMap<string, Variable>, { scope }: PanelModel): string {
  return written.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    return variables.has(name) || scope.has(name) ? `\${${name}:text}` : whole;
  });
}
