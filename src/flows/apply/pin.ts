import type { Driver } from "../../deploy/driver.ts";
import { imageKey } from "./images.ts";

/** Whether a name means one image for ever. */
export function isPinned(image: string): boolean {
  return /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image);
}

const nothing = "nothing is remembered here that an image could be pinned in; deploy it once with apply";

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
        // Where nothing is known to be here, nothing could be put back; and there is nothing to pin.
        wayBack:
          plan.wayBack.state === "nothing"
            ? { ...plan.wayBack, state: "none", message: nothing }
            : plan.wayBack,
        proofs: [...plan.proofs, ...proofs],
      };
    },
    apply: (signal) => driver.restore(to, signal),
    status: (_expected, signal) => driver.status("restored", signal),
  };
}
