import { number, object } from "../../../clients/grafana/json.ts";
import { selfContained, text } from "../../../clients/page/html.ts";
import { count } from "../../../core/text.ts";
import type { Capture, CapturedPanel } from "../capture.ts";
import type { Judgement } from "../judge.ts";
import { assets } from "./assets.ts";
import { type Table, type View, viewOf } from "./views.ts";

export interface DashboardPage {
  readonly tag: string;
  readonly rehearsal: boolean;
  /** Milliseconds since 1970: marked in every plot. */
  readonly deployed: { readonly from: number; readonly to: number };
  readonly capture: Capture;
  readonly judgement: Judgement;
  readonly madeBy: string;
}

/** The dashboard as it was, in one file that needs no Grafana: a plot or a table for every panel that has data. */
export function dashboardPage(page: DashboardPage): string {
  const { capture, deployed, tag } = page;
  const shown = capture.panels
    .filter(({ type }) => type !== "row")
    .map((panel) => ({ panel, view: viewOf(panel) }));
  const plots = shown.flatMap(({ panel, view }) => (view.plot ? [{ id: panel.id, ...view.plot }] : []));
  const rows = [...Map.groupBy(shown, ({ panel }) => panel.row ?? "")];
  return selfContained({
    title: `${capture.title}, ${tag}`,
    style: assets.style,
    script: assets.script,
    data: { plots, deployed: [deployed.from / 1000, deployed.to / 1000], window: windowOf(capture) },
    body: `<main>
${head(page)}
${troubles(shown.map(({ panel }) => panel))}
${tools(
  rows.map(([row]) => row),
  shown.length,
)}
${rows.map(([row, panels], i) => rowOf(row, i, panels)).join("\n")}
</main>
<footer>All times are UTC. ${text(page.madeBy)}</footer>`,
  });
}

type Shown = { readonly panel: CapturedPanel; readonly view: View };

function windowOf({ window }: Capture): readonly [number, number] {
  return [window.from / 1000, window.to / 1000];
}

function head({ capture, judgement, tag, rehearsal, deployed }: DashboardPage): string {
  const { window, capturedAt, version, url, title, warnings } = capture;
  const tone = judgement.failures.length > 0 ? "bad" : judgement.warnings.length > 0 ? "unsure" : "good";
  const facts = [
    ["From", moment(window.from)],
    ["To", moment(window.to)],
    ['Deployed <span class="band"></span>', moment(deployed.to)],
    ["Captured", moment(Date.parse(capturedAt))],
    ["Grafana", text(version ?? "not said")],
    ["Dashboard", `<a href="${text(url)}" rel="noreferrer">${text(url)}</a>`],
  ];
  const known = facts.map(
    ([label, value]) =>
      `<div${label === "Dashboard" ? ' class="long"' : ""}><dt>${label}</dt><dd>${value}</dd></div>`,
  );
  const notes = warnings.map((warning) => `<li>${text(warning)}</li>`).join("");
  const trial = rehearsal ? `<p class="trial">Rehearsal: this is no release.</p>` : "";
  return `<header class="card end ${tone}">${trial}<h1>${text(title)} <span class="tag">${text(tag)}</span></h1><p>${text(judgement.summary)}</p>${notes === "" ? "" : `<ul>${notes}</ul>`}<dl>${known.join("")}</dl></header>`;
}

/** What is not as it should be, before everything else. */
function troubles(panels: readonly CapturedPanel[]): string {
  const wrong = panels.filter(({ state }) => state === "broken" || state === "empty");
  if (wrong.length === 0) return "";
  const rows = wrong.map(
    ({ id, title, state, reason }) =>
      `<tr><td><a href="#panel-${id}">${named(title, id)}</a></td><td class="${tones[state]}"><span class="state">${state}</span></td><td>${text(reason)}</td></tr>`,
  );
  return `<h2 id="troubles">Not well</h2><div class="card"><table class="wide" aria-labelledby="troubles"><thead><tr><th scope="col">Panel</th><th scope="col">State</th><th scope="col">Why</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

const tones = { ok: "good", empty: "unsure", broken: "bad", "not-queried": "quiet" } as const;

function tools(rows: readonly string[], panels: number): string {
  const links = rows
    .map((row, i) => [row, i] as const)
    .filter(([row]) => row !== "")
    .map(([row, i]) => `<a href="#row-${i}">${text(row)}</a>`);
  if (links.length < 2 && panels < 9) return "";
  const jump = links.length < 2 ? "" : `<div class="jump">${links.join(" ")}</div>`;
  return `<nav class="tools" aria-label="Panels"><label class="find" hidden>Find a panel <input type="search" id="find" autocomplete="off"></label><span class="soft" id="found" role="status"></span>${jump}</nav>`;
}

function rowOf(row: string, index: number, panels: readonly Shown[]): string {
  const title = row === "" ? "" : `<h2 id="row-${index}">${text(row)}</h2>`;
  return `<section class="row">${title}<div class="panels">${panels.map(card).join("\n")}</div></section>`;
}

function card({ panel, view }: Shown): string {
  const { id, title, type, datasource, state, reason, notes } = panel;
  const asked = [type, datasource]
    .filter((word) => word !== "")
    .map(text)
    .join(" · ");
  // What has its words has no need of data.
  const isWell = state === "ok" || view.words !== null;
  const badge = isWell
    ? ""
    : ` <span class="${tones[state]}"><span class="state">${state.replace("-", " ")}</span></span>`;
  const why = isWell || reason === "" ? "" : `<p class="why">${text(reason)}</p>`;
  const remarks = [...notes, ...view.notes].map((note) => `<p class="soft">${text(note)}</p>`).join("");
  return `<article class="card panel w-${widthOf(panel)}" id="panel-${id}" aria-labelledby="title-${id}"><h3 id="title-${id}">${named(title, id)}${badge}</h3><p class="soft">${asked}</p>${why}${body(view, id)}${remarks}</article>`;
}

const widths = [6, 8, 12, 16, 24];

/** As in Grafana, as far as what is in it can be read: of 24 columns. */
function widthOf({ model }: CapturedPanel): number {
  const wanted = number(object(model["gridPos"])?.["w"]) ?? 12;
  return widths.find((width) => width >= wanted) ?? 24;
}

function named(title: string, id: number): string {
  return title === "" ? `Panel ${id}` : text(title);
}

function body(view: View, id: number): string {
  const { plot, tiles, tables, words, described } = view;
  const drawing =
    plot === null
      ? ""
      : `<div class="plot" id="plot-${id}" role="img" aria-label="${text(described)}"></div>`;
  const numbers = tiles.map(({ name, value }) => `<div><dt>${text(name)}</dt><dd>${text(value)}</dd></div>`);
  const values = numbers.length === 0 ? "" : `<dl class="tiles">${numbers.join("")}</dl>`;
  const folded = plot !== null || tiles.length > 0;
  const rest = tables.map((table) => (folded ? foldedTable(table) : tableOf(table))).join("");
  const said = words === null || words === "" ? "" : `<pre>${text(words)}</pre>`;
  return `${drawing}${values}${rest}${said}`;
}

/** Open, so that the numbers are there without a script; the script closes it when it has drawn them. */
function foldedTable(table: Table): string {
  return `<details class="numbers" open><summary class="soft">${text(table.caption)} <span>(${count(table.rows.length, "row")})</span></summary>${tableOf(table)}</details>`;
}

function tableOf({ caption, head: columns, rows, numeric }: Table): string {
  const align = (i: number) => (numeric[i] ? ' class="n"' : "");
  const top = columns.map((name, i) => `<th scope="col"${align(i)}>${text(name)}</th>`).join("");
  const lines = rows.map(
    (cells) => `<tr>${cells.map((cell, i) => `<td${align(i)}>${text(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll" tabindex="0" role="region" aria-label="${text(caption)}"><table><thead><tr>${top}</tr></thead><tbody>${lines.join("")}</tbody></table></div>`;
}

function moment(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `<time datetime="${iso}">${iso.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>`;
}
