import { expect, onTestFinished } from "vitest";
import { createEnv } from "../../../../../src/clients/env.ts";
import { createLocalMarks } from "../../../../../src/clients/git/marks-file.ts";
import { createHttp } from "../../../../../src/clients/http.ts";
import { monotonicMs } from "../../../../../src/core/clock.ts";
import { createLimit } from "../../../../../src/core/limit.ts";
import type { Marks } from "../../../../../src/core/marks.ts";
import { Secrets } from "../../../../../src/core/mask.ts";
import {
  type BroadcastStepWorld,
  createBroadcastStep,
} from "../../../../../src/flows/ritual/steps/broadcast.ts";
import type { BroadcastSettings } from "../../../../../src/notify/broadcast/settings.ts";
import type { RitualContext, RitualStep } from "../../../../../src/ritual/step.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release, releaseFolder } from "../../../ritual/archive/world.ts";

export const never = new AbortController().signal;
const claimant = { by: "ada", run: "run-1", commit: release.commit };
/** Whoever is not to hang is never too slow for these. */
const limits = { attemptMs: 60_000, overallMs: 60_000, backoffMs: [1, 1] };

export interface Told {
  readonly step: RitualStep;
  readonly context: RitualContext;
  readonly marks: Marks;
  readonly kinds: () => Promise<string[]>;
}

/** A machine that the ritual runs on; `repository` is what it has in common with others. */
export function machine(
  env: Record<string, string>,
  settings: BroadcastSettings = {},
  changes: Partial<BroadcastStepWorld> = {},
  repository = tempFolder(),
): Told {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  onTestFinished(() => http.close());
  const kept = createLocalMarks({ root: repository, commonDir: repository, tag: release.tag });
  onTestFinished(() => kept.close());
  // As in a ritual: within a run they are asked one after the other.
  const inTurn = createLimit(1);
  const marks: Marks = {
    ...kept,
    append: (mark, allowed, signal) => inTurn(() => kept.append(mark, allowed, signal)),
  };
  const step = createBroadcastStep({
    ...{ settings, env: reader, secrets, http, marks, claimant, root: repository, limits },
    ...{ resend: [], sent: [], runUrl: null, toolVersion: "0.9.0", ledger: () => null },
    deadlineAt: monotonicMs() + 300_000,
    now: Date.now,
    ...changes,
  });
  const context = { release, folder: releaseFolder(), emit: () => {} };
  return {
    step,
    context,
    marks,
    kinds: async () => (await marks.read(never)).map(({ kind, key }) => `${kind} ${key}`),
  };
}

export const slackKey = "broadcast/slack-SLACK_WEBHOOK_URL";
export const discordKey = "broadcast/discord-DISCORD_WEBHOOK_URL";

export async function failureOf(work: Promise<unknown>): Promise<{ message: string; remedy?: string }> {
  return work.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as { message: string; remedy?: string },
  );
}
