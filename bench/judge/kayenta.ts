/** Two-sided 98 %. */
const z = 2.3263;
const tolerance = 0.25;

/**
 * What Kayenta's Mann-Whitney classifier calls High, after its source (`MannWhitneyClassifier`): the lower end of the
 * 98 % confidence interval of the shift is above a quarter of the shift, and the mean has grown. For comparison only.
 */
export function kayentaSaysHigh(control: readonly number[], experiment: readonly number[]): boolean {
  const interval = shift(control, experiment);
  if (interval === null) return false;
  const upper = Math.abs(tolerance * interval.estimate);
  const growth = mean(experiment) / mean(control);
  return interval.low > upper && growth >= 1;
}

/** Hodges and Lehmann's estimate of the shift, and the lower end of its interval by normal approximation, ties allowed for. */
function shift(
  control: readonly number[],
  experiment: readonly number[],
): { readonly estimate: number; readonly low: number } | null {
  const [m, n] = [experiment.length, control.length];
  const differences = new Float64Array(m * n);
  let at = 0;
  for (const x of experiment) for (const y of control) differences[at++] = x - y;
  differences.sort();
  const middle = differences.length >> 1;
  const estimate =
    differences.length % 2 === 1
      ? (differences[middle] ?? 0)
      : ((differences[middle - 1] ?? 0) + (differences[middle] ?? 0)) / 2;
  const all = m + n;
  const variance = ((m * n) / 12) * (all + 1 - ties([...control, ...experiment]) / (all * (all - 1)));
  if (!(variance > 0)) return null;
  const rank = Math.floor((m * n) / 2 - z * Math.sqrt(variance));
  return rank < 0 ? null : { estimate, low: differences[rank] ?? 0 };
}

/** Σ t³ − t over groups of equal values. */
function ties(values: readonly number[]): number {
  const groups = new Map<number, number>();
  for (const value of values) groups.set(value, (groups.get(value) ?? 0) + 1);
  return [...groups.values()].reduce((sum, t) => sum + t ** 3 - t, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
