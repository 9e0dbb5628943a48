import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { publicHolderId } from "../clients/host/public-holder.ts";
import { prepare as makeOwnFolder } from "../clients/ledger/place.ts";
import { createReleaseFolder, type ReleaseFolder } from "../clients/release-folder.ts";
import type { ConfigFile } from "../config/file.ts";
import type { LoadedStep } from "../config/own-steps.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import type { RitualOutcome } from "../flows/ritual/outcome.ts";
import type { Prepared, RitualRun, Told } from "../flows/ritual/run.ts";
import { mustBeChannels } from "../flows/ritual/steps/broadcast.ts";
import { ritual, ritualSteps } from "../flows/ritual.ts";
import type { LedgerEvent } from "../ledger/entry.ts";
import type { BroadcastSettings } from "../notify/broadcast/settings.ts";
import { keepRelease, mustBeOf, otherEnvironment } from "../ritual/integrity/keep.ts";
import type { ForgePolicy, IntegrityRequest, ReleaseReading } from "../ritual/integrity/model.ts";
import { readRelease, stillTheSame } from "../ritual/integrity/read.ts";
import { afterArchive, ownStep, secretsOfStep } from "../ritual/own-step.ts";
import type { RitualRelease } from "../ritual/release.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { RitualStep } from "../ritual/step.ts";
import {
  laterNames,
  logNames,
  newLog,
  readLog,
  type StepRecord,
  withEarlier,
  writeLog,
} from "../ritual/verification.ts";
import type { Job } from "./job.ts";
import { actorOf } from "./ledger.ts";
import { workTree } from "./ledger-place.ts";
import { createBeside } from "./ritual-beside.ts";
import { deployedAt } from "./ritual-deployed.ts";
import { withToldRequests } from "./ritual-http.ts";
import { integrityWorld, ritualForge, type VerdictSettings, verdictQuestion } from "./ritual-integrity.ts";
import { takeLease } from "./ritual-lease.ts";
import { marksFor } from "./ritual-marks.ts";
import { namesWith } from "./ritual-own-steps.ts";
import { askedWindow, remoteOf, settingsOf } from "./ritual-settings.ts";
import { createToolSteps } from "./ritual-steps.ts";
import { mustBeNoWords } from "./ritual-words.ts";
import type { RitualAsked, RitualWorld } from "./ritual-world.ts";

export interface RitualAnswer {
  readonly outcome: RitualOutcome;
  readonly config: ConfigFile;
}

/** Wires a ritual together: the release, its folder, the marks, the steps with their clients. */
export async function runRitual(given: Job, asked: RitualAsked): Promise<RitualAnswer> {
  const job = withToldRequests(given);
  const { emit, signal, cwd } = job;
  const config = await job.config();
  const settings = settingsOf(config, asked.environment);
  mustNameChannels(job, asked, settings);
  const own = await job.ownSteps(asked.environment);
  registerSecrets(job, own);
  const remote = remoteOf(config);
  const forge = await ritualForge(job, remote);
  const tree = workTree(cwd);
  const root = tree?.root ?? cwd;
  const verdict = (settings["verdict"] ?? {}) as VerdictSettings;
  let verdictText: string | null = null;
  const integrity = integrityWorld(job, root, {
    forge,
    remote,
    verdict: verdictQuestion(job, verdict, {
      file: asked.verdictFile,
      environment: asked.environment,
      genuine(text) {
        verdictText = text;
      },
    }),
  });
  const closing: (() => void)[] = [];
  let reading: ReleaseReading | undefined;
  let place: string | undefined;
  const run: RitualRun = {
    ...asked,
    emit,
    signal,
    names: namesWith(own),
    async validate(limit) {
      const { tag, rehearsal, environment } = asked;
      const deployed = await deployedAt(job, asked);
      const about = { tag, rehearsal, remote, environment, deployed };
      reading = await readRelease(integrity, { ...about, ...integritySettings(asked, settings) }, limit);
      return reading;
    },
    async prepare(release, told) {
      mustBeNoWords(job, release);
      const commonDir = tree?.commonDir ?? join(root, ".git");
      const marks = marksFor(job, settings, { root, commonDir, ...asked, release });
      closing.push(() => marks.close());
      place = join(foldersOf(asked, settings, { root, project: release.project }), `release-${release.tag}`);
      const folder = masked(createReleaseFolder(place), job);
      mustBeOf(folder, release);
      if (!asked.dryRun && asked.folder === null && settings.folder === undefined)
        ignoreItself(asked.home ?? cwd);
      const world: RitualWorld = { job, asked, settings, config, root, release, folder, forge, marks };
      const unmoved = async (limit: AbortSignal) => {
        await mustStand(integrity, release, limit);
        if (reading) keepRelease(folder, reading, verdictText);
      };
      return prepare(world, { own, told, closing, unmoved });
    },
  };
  try {
    const ended = job.secrets.maskDeep(await ritual(run));
    const outcome = { ...ended, folder: ended.folder !== null && place && existsSync(place) ? place : null };
    if (!asked.dryRun && outcome.steps.length > 1) await job.book.note(ritualEvent(outcome));
    return { outcome, config };
  } finally {
    for (const close of closing) close();
  }
}

async function prepare(
  world: RitualWorld,
  by: {
    readonly own: readonly LoadedStep[];
    readonly told: Told;
    readonly unmoved: (signal: AbortSignal) => Promise<void>;
    readonly closing: (() => void)[];
  },
): Promise<Prepared> {
  const { job, asked, release, folder, marks } = world;
  const { readers } = job.clients;
  const run = publicHolderId();
  // Whom the ledger names too.
  const actor = (await actorOf({ ...job, readers }))?.name ?? null;
  const who = {
    by: printable(actor ?? "somebody", 100),
    run,
    url: readers.ci.runUrl,
    commit: release.commit,
  };
  const circumstances = {
    actor,
    runUrl: readers.ci.runUrl,
    tool: asked.toolVersion,
    startedAt: new Date().toISOString(),
  };
  const records = () => job.secrets.maskDeep(by.told.records());
  const { steps: tool, restore, close } = createToolSteps(world, { who, records, circumstances });
  by.closing.push(close);
  const beside = asked.dryRun ? createBeside(folder) : null;
  if (beside) by.closing.push(beside.remove);
  const used = beside?.folder ?? folder;
  if (beside || !asked.dryRun) await restore(used, job.signal);
  tellEnvironment(world, used);
  const own = by.own.map(({ definition, before, after, place, ...told }) => ({
    step: ownStep(definition, told, { readers, http: job.clients.http }),
    before,
    after,
    place,
  }));
  return {
    context: { release, folder: used, emit: job.emit },
    steps: apartAfterArchive(ritualSteps(tool, own), own),
    marks: marks.where,
    takeLease: (signal) => takeLease({ marks, who, tag: release.tag, emit: job.emit }, signal),
    unmoved: by.unmoved,
    keep: (all, outcome, afterwards) =>
      keepLog(world, { all: job.secrets.maskDeep(all), outcome, afterwards, circumstances }),
  };
}

/** A tag has one ritual, and one archive. */
function tellEnvironment({ job, release }: RitualWorld, folder: ReleaseFolder): void {
  const other = otherEnvironment(folder, release);
  if (other === null) return;
  const message = `the ritual of ${release.tag} was of ${printable(other, 100)}: its dashboard and its archive are, and are not made again for ${release.environment}`;
  job.emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
}

/** A wrong name is a wrong flag. @throws SentinelError `flag-invalid` */
function mustNameChannels(job: Job, { resend, sent, environment }: RitualAsked, all: RitualSettings): void {
  const settings = (all["broadcast"] ?? {}) as BroadcastSettings;
  mustBeChannels([...resend, ...sent], { settings, env: job.clients.readers.env }, environment);
}

function integritySettings(
  { between }: RitualAsked,
  settings: RitualSettings,
): Pick<IntegrityRequest, "branches" | "forge" | "window"> {
  const { branches, release } = settings;
  return {
    window: askedWindow(between, settings).window,
    ...(branches === undefined ? {} : { branches: branches as readonly string[] }),
    ...(release === undefined ? {} : { forge: release as ForgePolicy }),
  };
}

/** What own steps write after the archive is kept apart from it. */
function apartAfterArchive(
  steps: readonly RitualStep[],
  own: readonly { readonly step: RitualStep }[],
): readonly RitualStep[] {
  const archived = steps.findIndex(({ name }) => name === "archive");
  const isOwn = (step: RitualStep) => own.some((one) => one.step === step);
  return steps.map((step, i) => (i > archived && isOwn(step) ? afterArchive(step) : step));
}

/** What own steps say are their secrets is masked from here on. */
function registerSecrets({ clients }: Job, own: readonly LoadedStep[]): void {
  for (const one of own) for (const variable of secretsOfStep(one)) clients.readers.env.secret(variable);
}

/** The default place is inside of the work tree, and must not make it dirty. */
function ignoreItself(cwd: string): void {
  const tree = workTree(cwd);
  if (tree === undefined) return;
  const beside = join(tree.commonDir, "release-sentinel");
  const path = join(tree.root, ".release-sentinel", "releases");
  try {
    makeOwnFolder({ path, lock: join(beside, "ritual.lock"), twin: join(beside, "releases") });
  } catch {
    // The first file that cannot be written says why.
  }
}

/** What steps keep is masked as everything is that leaves the process; bytes are the business of who makes them. */
function masked(folder: ReleaseFolder, { secrets }: Job): ReleaseFolder {
  return {
    ...folder,
    write: (name, content) =>
      folder.write(name, typeof content === "string" ? maskedText(name, content, secrets) : content),
  };
}

/** JSON stays JSON: its values are masked, as a secret of digits may be a part of any number. */
function maskedText(name: string, text: string, secrets: Job["secrets"]): string {
  const masked = secrets.mask(text);
  if (masked === text || !name.endsWith(".json")) return masked;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return masked;
  }
  const shown = secrets.maskDeep(value);
  return isDeepStrictEqual(shown, value) ? text : `${JSON.stringify(shown, null, 2)}\n`;
}

/** The folder of all releases' folders. Who names repositories may name several from one place: then each has its own. */
function foldersOf(
  { folder, home }: RitualAsked,
  settings: RitualSettings,
  { root, project }: { readonly root: string; readonly project: string | null },
): string {
  if (folder !== null) return folder;
  if (settings.folder !== undefined) return resolve(home ?? root, settings.folder);
  const all = join(home ?? root, ".release-sentinel", "releases");
  return home === null || project === null ? all : join(all, ...project.split("/").map(folderName));
}

/** A word of a URL as a folder that every system can have, and that leads nowhere else. */
function folderName(word: string): string {
  return word.replace(/[^\w.-]/g, "-").replace(/^\.+/, "-") || "-";
}

async function mustStand(
  world: Parameters<typeof stillTheSame>[0],
  release: RitualRelease,
  signal: AbortSignal,
): Promise<void> {
  const moved = await stillTheSame(world, release, signal);
  if (moved) throw new StepFailure(moved.message, moved.remedy, moved.status === "fail");
}

/**
 * The log of a run that did not come to the end; the last step has written that of one that did, and it is final: what was
 * done afterwards, for another environment or a channel that has come since, has its own.
 */
function keepLog(
  { release, folder, job }: RitualWorld,
  run: {
    readonly all: readonly StepRecord[];
    readonly outcome: RitualOutcome;
    readonly afterwards: boolean;
    readonly circumstances: { actor: string | null; runUrl: string | null; tool: string; startedAt: string };
  },
): void {
  const broken = run.all.find(
    ({ outcome }) => outcome === "failed" || outcome === "conflict" || outcome === "unknown",
  );
  const hasEnded = run.outcome.outcome === "completed";
  try {
    const names = run.afterwards ? laterNames(release) : logNames(release.tag);
    const earlier = readLog(folder, release, names);
    if (!run.afterwards && (hasEnded || earlier?.result === "completed")) return;
    const result = broken ? `halted at ${broken.name}` : hasEnded ? "completed" : "in part";
    const steps = withEarlier(run.all, earlier);
    writeLog(folder, newLog(release, { ...run.circumstances, result, steps }), names);
  } catch (error) {
    const message = `the verification log could not be written: ${(error as Error).message}`;
    job.emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
  }
}

/** What the ledger keeps of a ritual. */
function ritualEvent({ environment, tag, commit, payloads: _, ...outcome }: RitualOutcome): LedgerEvent {
  return { kind: "ritual", command: "ritual", environment, version: tag, commit, data: { ...outcome } };
}
