import type { Counts } from "../../core/burn.ts";

/** Whether a rate that is just at the limit would bring so many bad requests in less than one of 20 such stretches. */
export function unlikelyAt(limit: number, { total, bad }: Counts): boolean {
  const mean = total * limit;
  let term = Math.exp(-mean);
  let fewer = 0;
  for (let k = 0; k < bad; k++) {
    fewer += term;
    term *= mean / (k + 1);
  }
  return 1 - fewer < 0.05;
}
