import type { Driver } from "../../deploy/driver.ts";
import { imageKey } from "./images.ts";

/** Whether a name means one image for ever. */
export function isPinned(image: string): boolean {
  return /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image);
}

/** A driver that brings one image and nothing else; a place where that fails goes back to what was there. */
export function pinning(driver: Driver, image: string): Driver {
  const to = { kind: "image", image } as const;
  return {
    ...driver,
    async plan(signal) {
      const [plan, proofs] = [await driver.plan(signal), (await driver.prove?.(to, signal)) ?? []];
      const digest = imageKey(image);
      return {
        ...plan,
        changes: [],
        images: [{ subject: plan.target.title, image, digest, isNew: true }],
        proofs: [...plan.proofs, ...proofs],
      };
    },
    apply: (signal) => driver.restore(to, signal),
    status: (_expected, signal) => driver.status("restored", signal),
  };
}
