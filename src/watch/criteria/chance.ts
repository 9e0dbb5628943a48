import type { Counts } from "../../core/burn.ts";
import { addMinute, mixture, worse } from "../judge/mixture.ts";

/** Whether chance alone may have made the rate worse than it was then, where so many bad requests befall together. */
export function mayBeChance(then: Counts, now: Counts, together: number): boolean {
  const sums = addMinute(
    worse.r.map(() => 0),
    worse,
    1,
    then,
    now,
  );
  return mixture(sums, together) < Math.log(20);
}

/** Whether a rate that is just at the limit would bring so many bad requests in less than one of 20 such stretches. */
export function unlikelyAt(limit: number, { total, bad }: Counts, together: number): boolean {
  const mean = (total * limit) / together;
  let term = Math.exp(-mean);
  let fewer = 0;
  for (let k = 0; k < bad / together; k++) {
    fewer += term;
    term *= mean / (k + 1);
  }
  return 1 - fewer < 0.05;
}
