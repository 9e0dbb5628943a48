import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { promote } from "../../../../src/deploy/argo/steer.ts";
import { forever, scriptedKubectl } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";
import { write } from "../migrations/files.ts";

const ref = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", namespace: "shop", name: "web" };

/** In the pause of this step of four. */
const pausedAt = (index: number, startTime: string) => ({
  apiVersion: ref.apiVersion,
  kind: ref.kind,
  metadata: { name: "web", namespace: "shop", uid: "u", generation: 4 },
  spec: {
    strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }] } },
  },
  status: {
    ...{ observedGeneration: "4", phase: "Paused", currentStepIndex: index, controllerPause: true },
    pauseConditions: [{ reason: "CanaryPauseStep", startTime }],
  },
});

it("ends no other pause than the one that was meant, when only the answer was lost", async () => {
  const folder = tempFolder();
  write(folder, {
    "now.json": JSON.stringify(pausedAt(1, "2026-11-21T10:00:00Z")),
    "next.json": JSON.stringify(pausedAt(3, "2026-11-21T10:00:01Z")),
  });
  const kubectl = scriptedKubectl(`cd ${folder}
case $1 in
get) cat now.json;;
replace)
  cat > "told.$(ls | grep -c told)"
  [ -e next.json ] || exit 0
  mv next.json now.json
  echo 'Unable to connect to the server: EOF' >&2
  exit 1;;
esac`);
  const toldAt = (n: number) => JSON.parse(readFileSync(join(folder, `told.${n}`), "utf8")).status;
  expect(await promote(kubectl, [ref], new Map(), forever)).toBe("nothing waits to be promoted");
  expect(toldAt(0)).toMatchObject({ currentStepIndex: 1, pauseConditions: null });
  expect(existsSync(join(folder, "told.1"))).toBe(false);
  expect(await promote(kubectl, [ref], new Map(), forever)).toBe("promoted web (4 steps)");
  expect(toldAt(1)).toMatchObject({ currentStepIndex: 3, pauseConditions: null });
});
