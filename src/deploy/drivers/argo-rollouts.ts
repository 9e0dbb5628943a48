import { afterAbort } from "../argo/both.ts";
import { createCommands } from "../argo/commands.ts";
import { rolloutProofs } from "../argo/proofs.ts";
import { isRollout } from "../argo/rollout.ts";
import { rolloutKinds } from "../argo/state.ts";
import { abort, hurryBack, promote, readRollouts, retry } from "../argo/steer.ts";
import type { Driver } from "../driver.ts";
import { type KubeObject, keyOf, type ObjectRef, refOf } from "../kubernetes/object.ts";
import { coreKinds } from "../kubernetes/states/kinds.ts";
import { asStep } from "../kubernetes/trouble.ts";
import { createKubernetesDriver, type KubernetesRequest, type KubernetesWorld } from "./kubernetes.ts";

export interface RolloutsWorld extends KubernetesWorld {
  /** Whether `kubectl argo rollouts` is there: for commands that people are shown. We do without it. */
  readonly hasPlugin: boolean;
}

/**
 * Rollouts of Argo Rollouts, and everything else of a manifest as the driver kubernetes has it. The controller shifts the
 * traffic; this one follows its phases, ends the pauses that wait to be ended, and aborts.
 */
export function createArgoRolloutsDriver(request: KubernetesRequest, world: RolloutsWorld): Driver {
  let door = world.kubectl;
  const commands = createCommands(() => door, world.hasPlugin);
  const kinds = { ...coreKinds, ...rolloutKinds(commands) };
  const base = createKubernetesDriver(request, { ...world, kinds });
  let wanted: readonly KubeObject[] = [];
  /** Pauses that are to be ended, as long as nobody knows that they were. */
  const asked = new Map<string, string>();

  async function opened(signal: AbortSignal) {
    const found = await base.opened(signal);
    door = found.located.kubectl;
    wanted = found.located.wanted.map(({ object }) => object).filter(isRollout);
    return found;
  }

  /** Rollouts of the manifest, and those that are remembered. */
  async function known(signal: AbortSignal): Promise<readonly ObjectRef[]> {
    const { past } = await opened(signal);
    const record = await past.record(signal);
    const remembered = [...(record?.unfinished?.captured ?? []), ...(record?.good[0]?.objects ?? [])];
    const refs = [...wanted.map(refOf), ...remembered.map(({ ref }) => ref)].filter(isRollout);
    return [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
  }

  return {
    ...base,
    name: "argo-rollouts",
    async plan(signal) {
      const plan = await base.plan(signal);
      if (request.returning) return plan;
      await opened(signal);
      const proofs = await asStep(door, async () => {
        const live = await readRollouts(door, wanted.map(refOf), signal);
        const around = { isResumed: plan.unfinished !== null, commands };
        return await rolloutProofs(door, wanted, live, around, signal);
      });
      return { ...plan, proofs: [...plan.proofs, ...proofs] };
    },
    async apply(signal) {
      const said = await base.apply(signal);
      const again = await asStep(door, () => retry(door, wanted.map(refOf), signal));
      if (again.length === 0) return said;
      return `${said}; ${again.map(({ metadata }) => metadata.name).join(", ")} begun again after an abort`;
    },
    async restore(to, signal) {
      // The traffic first: it goes back at once, whatever becomes of the rest; and the rest, whatever becomes of it.
      const aborting = async () => {
        const before = await known(signal);
        await asStep(door, () => abort(door, before, signal));
      };
      const said = await afterAbort(aborting, () => base.restore(to, signal), signal);
      const { past } = await opened(signal);
      const back = (await past.expected(signal)).flatMap(({ ref, object }) => (object === null ? [] : ref));
      await asStep(door, () => hurryBack(door, back.filter(isRollout), signal));
      return said;
    },
    steps: {
      promote: async (signal) => {
        const refs = await known(signal);
        const said = await asStep(door, () => promote(door, refs, asked, signal));
        asked.clear();
        return said;
      },
      abort: async (signal) => {
        const refs = await known(signal);
        return await asStep(door, () => abort(door, refs, signal));
      },
    },
    byHand: () => [
      ...base.byHand(),
      ...wanted.flatMap((rollout) => [commands(rollout, "get"), commands(rollout, "abort")]),
    ],
  };
}
