import type { Row } from "./bench.ts";

/** One row of text: the figure, its bound, and the figure as a part of the bound (at most 1.00 when it is held). */
export function tableRow({ what, figure, unit, bound, from }: Row): string {
  const limit =
    bound === undefined
      ? ""
      : "most" in bound
        ? `≤ ${shown(bound.most, unit)}`
        : `≥ ${shown(bound.least, unit)}`;
  const part =
    bound === undefined ? Number.NaN : "most" in bound ? figure / bound.most : bound.least / figure;
  const ratio = Number.isNaN(part) ? "" : part.toFixed(2);
  return line([`  ${what}`, shown(figure, unit), limit, ratio, from]);
}

export function tableHead(): string {
  return line(["", "measured", "bound", "of bound", "medians"]);
}

function shown(figure: number, unit: Row["unit"]): string {
  if (Number.isNaN(figure)) return "absent";
  return unit === "" ? figure.toFixed(2) : `${figure.toFixed(0)} ${unit}`;
}

const widths = [40, 11, 11, 9, 0];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i > 0 && i < 4 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
    .join("  ")
    .trimEnd();
}
