import type { EnvReader, HttpWriter } from "../../../clients/readers.ts";
import { SentinelError } from "../../../core/errors.ts";
import type { Mark, Marks } from "../../../core/marks.ts";
import type { Secrets } from "../../../core/mask.ts";
import { type Observed, StepFailure } from "../../../core/step.ts";
import { nearest, printable } from "../../../core/text.ts";
import {
  broadcastChannels,
  defaultChannels,
  deliveryId,
  type PreparedBroadcast,
  type ReadyBroadcast,
  sampleChannel,
} from "../../../notify/broadcast/channels.ts";
import { type BroadcastFacts, messageOf, unsaid } from "../../../notify/broadcast/message.ts";
import {
  createTurns,
  markAsSent,
  maySend,
  type OnceWorld,
  type Sent,
  sendMarked,
  toldOf,
} from "../../../notify/broadcast/once.ts";
import { type BroadcastLimits, broadcastLimits } from "../../../notify/broadcast/send.ts";
import type { BroadcastSettings } from "../../../notify/broadcast/settings.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { Payload, RitualContext, RitualStep, StepReport } from "../../../ritual/step.ts";
import { reasonOf } from "../../reconcile.ts";
import { type FactsWorld, factsOf } from "./broadcast-facts.ts";
import { readTemplates } from "./broadcast-templates.ts";

export interface BroadcastStepWorld extends FactsWorld {
  readonly settings: BroadcastSettings;
  readonly env: EnvReader;
  readonly secrets: Pick<Secrets, "mask" | "maskDeep">;
  readonly http: Pick<HttpWriter, "post">;
  readonly marks: Pick<Marks, "read" | "append" | "prove" | "where">;
  /** Who acts, in a mark. */
  readonly claimant: Pick<Mark, "by" | "run" | "commit">;
  /** Top of the work tree: where templates are. */
  readonly root: string;
  /** Channels that are sent to again, and those that people have seen it in: by their variables' names, or their sort. */
  readonly resend: readonly string[];
  readonly sent: readonly string[];
  /** `monotonicMs()` when the run's time is up. */
  readonly deadlineAt: number;
  readonly limits?: BroadcastLimits;
}

/** Tells everybody: once per channel and tag. */
export function createBroadcastStep(world: BroadcastStepWorld): RitualStep {
  const { settings, env, secrets, marks } = world;
  const once: OnceWorld = { ...world, limits: world.limits ?? broadcastLimits, turns: createTurns() };
  const channelsOf = ({ release }: RitualContext) =>
    broadcastChannels(settings.channels, release.environment, env);

  function render(ready: PreparedBroadcast, facts: BroadcastFacts, url: string, secret?: string) {
    // What is masked before it is laid out stays within the limits.
    const message = secrets.maskDeep(messageOf(facts, settings, ready.kinds));
    const id = deliveryId(facts, ready.name);
    const delivery = { url, id, at: new Date(world.now()), templates: ready.templates };
    return ready.channel.request(message, secret === undefined ? delivery : { ...delivery, secret });
  }

  return {
    name: "broadcast",
    title: "Tell everybody",
    skip() {
      const none =
        broadcastChannels(
          settings.channels?.map(({ environments: _, ...one }) => one),
          null,
          env,
        ).length === 0;
      return none
        ? `no channel to tell: set ${defaultChannels.join(" or ")}, or name some in ritual.broadcast.channels`
        : null;
    },
    async observe(context, signal) {
      const channels = channelsOf(context);
      if (channels.length === 0) {
        return {
          state: "done",
          message: `no channel is told of releases to ${context.release.environment ?? "no environment"}`,
        };
      }
      const states = statesOf(channels, await marks.read(signal), world);
      const moved = toldOfAnother(states, context.release);
      if (moved) return moved;
      const { ready, problem } = await usable(
        states.filter(({ open }) => open).map((one) => one.ready),
        world,
        signal,
      );
      return problem ?? observed(states, ready, world.marks.where);
    },
    prove: (_context, signal) => marks.prove(signal),
    async preview(context, signal) {
      const facts = await factsOf(context, world, signal);
      const channels = channelsOf(context);
      const shown = channels.length > 0 ? channels : [sampleChannel];
      return Promise.all(
        shown.map(async (channel): Promise<Payload> => {
          const ready = { ...channel, templates: await readTemplates(channel, world.root, signal) };
          const { body } = render(ready, facts, "https://example.invalid/");
          const trouble = "trouble" in channel.target ? channel.target.trouble : "";
          const where = trouble.includes(channel.name)
            ? trouble
            : [channel.name, trouble].filter(Boolean).join(", ");
          return {
            to: `${channel.channel.label} (${where})`,
            type: "application/json",
            body: pretty(body),
          };
        }),
      );
    },
    async run(context, signal) {
      const states = statesOf(channelsOf(context), await marks.read(signal), world);
      for (const { ready } of states.filter(({ confirmed }) => confirmed))
        await markAsSent(ready, once, signal);
      const { ready, problem } = await usable(
        states.filter(({ open }) => open).map((one) => one.ready),
        world,
        signal,
      );
      if (problem) throw new StepFailure(problem.message, problem.remedy, true);
      const facts = await factsOf(context, world, signal);
      const results = await allOf(ready, async (one) => {
        const { target } = one;
        const resend = states.some(({ ready: { name }, again }) => again && name === one.name);
        if ("trouble" in target) throw new StepFailure(target.trouble);
        let request = render(one, facts, target.url, target.secret);
        const anew = () => {
          request = render(one, facts, target.url, target.secret);
          return request;
        };
        const sent = await sendMarked(one, anew, { resend }, once, signal);
        if ("answered" in sent && sent.answered.state === "sent") keep(context, one, sent, request.body);
        return sent;
      });
      return reported(results, states, settings);
    },
  };

  /** What was sent, for those who look at it later; the address is a secret and not in it. It is sent, kept or not. */
  function keep(
    { folder, release, emit }: RitualContext,
    { channel, name, kinds }: PreparedBroadcast,
    sent: Sent,
    body: string,
  ): void {
    const { tag, commit, rehearsal } = release;
    const record = {
      schema: "release-sentinel/broadcast/v1",
      ...{ tag, commit, rehearsal, channel: name, type: channel.type, messages: kinds },
      sentAt: new Date(world.now()).toISOString(),
      answer: "answered" in sent && sent.answered.state === "sent" ? sent.answered.detail : null,
      body: JSON.parse(body) as unknown,
    };
    try {
      folder.write(`broadcast/${name}.json`, `${JSON.stringify(secrets.maskDeep(record), null, 2)}\n`);
    } catch (error) {
      const message = `broadcast: what ${name} was told is not kept: ${reasonOf(error).message}`;
      emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
    }
  }
}

/**
 * What came of all of them, when the last has ended: a run that is stopped still writes down, and says, what was sent.
 * @throws the reason, when it was stopped before anything was sent to any of them
 */
async function allOf(
  ready: readonly PreparedBroadcast[],
  send: (one: PreparedBroadcast) => Promise<Sent>,
): Promise<readonly Sent[]> {
  const work = ready.map(async (one) => send(one));
  const settled = await Promise.allSettled(work);
  if (settled.every(({ status }) => status === "rejected")) return Promise.all(work);
  return ready.map(({ name }, i): Sent => {
    const one = settled[i];
    if (one?.status === "fulfilled") return one.value;
    return { name, failure: new StepFailure(`${name}: not sent: ${reasonOf(one?.reason).message}`) };
  });
}

interface ChannelState {
  readonly ready: ReadyBroadcast;
  /** To be sent to. */
  readonly open: boolean;
  /** People say that it is to be sent to whatever is known of it. */
  readonly again: boolean;
  /** When and by whom it was told; null where that is not so. */
  readonly told: Mark | null;
  /** People have seen it there. */
  readonly confirmed: boolean;
  /** It may have been sent: since when, and by whom. Null where that is not so. */
  readonly claim: Mark | null;
}

function statesOf(
  channels: readonly ReadyBroadcast[],
  marks: readonly Mark[],
  { resend, sent, claimant }: Pick<BroadcastStepWorld, "resend" | "sent" | "claimant">,
): readonly ChannelState[] {
  return channels.map((ready) => {
    const { told, mark } = toldOf(marks, ready);
    const confirmed = isNamed(sent, ready) && told !== "told";
    // What this very run has sent is sent: it was asked for once more, not for ever.
    const again = isNamed(resend, ready) && mark?.run !== claimant.run;
    const open = !confirmed && maySend(told, ready, again);
    const claim = told === "claimed" && !open && !confirmed ? mark : null;
    return { ready, open, again, confirmed, claim, told: told === "told" ? mark : null };
  });
}

function isNamed(
  names: readonly string[],
  { name, channel }: Pick<ReadyBroadcast, "name" | "channel">,
): boolean {
  return names.includes(name) || names.includes(channel.type);
}

/** @throws SentinelError `flag-invalid` for a name that no channel of this environment has */
export function mustBeChannels(
  names: readonly string[],
  { settings, env }: Pick<BroadcastStepWorld, "settings" | "env">,
  environment: string | null,
): void {
  if (names.length === 0) return;
  const channels = broadcastChannels(settings.channels, environment, env);
  const wrong = names.find((name) => !channels.some((one) => isNamed([name], one)));
  if (wrong === undefined) return;
  const known = channels.map(({ name }) => name);
  const near = nearest(wrong, known);
  throw new SentinelError(
    "flag-invalid",
    `there is no channel ${printable(wrong, 100)} here`,
    near ? `did you mean ${near}?` : `the channels: ${known.join(", ") || "none is set"}`,
  );
}

/** Those that can be sent to, with their templates; or the first that is asked for and cannot be. */
async function usable(
  channels: readonly ReadyBroadcast[],
  { root }: BroadcastStepWorld,
  signal: AbortSignal,
): Promise<{ readonly ready: readonly PreparedBroadcast[]; readonly problem: Observed | null }> {
  const troubles = channels.flatMap(({ target }) => ("trouble" in target ? [target.trouble] : []));
  if (troubles.length > 0) {
    const message = `not everybody can be told: ${troubles.join("; ")}`;
    return { ready: [], problem: { state: "conflict", message, remedy: "release-sentinel ritual secrets" } };
  }
  try {
    const ready = await Promise.all(
      channels.map(async (one) => ({ ...one, templates: await readTemplates(one, root, signal) })),
    );
    return { ready, problem: null };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { message, remedy } = error;
    return { ready: [], problem: { state: "conflict", message, ...(remedy ? { remedy } : {}) } };
  }
}

function observed(
  states: readonly ChannelState[],
  ready: readonly PreparedBroadcast[],
  where: string,
): Observed {
  const confirmed = states.filter((one) => one.confirmed).map((one) => one.ready.name);
  const open = ready.map(({ name }) => name);
  const more = onceMore(states);
  if (open.length > 0 || confirmed.length > 0) {
    const words = [
      ...(open.length > 0 ? [`${open.join(", ")} will be told${more}`] : []),
      ...(confirmed.length > 0 ? [`${confirmed.join(", ")} will be written down as told`] : []),
    ];
    return { state: "needed", message: words.join("; ") };
  }
  const claimed = states.filter(({ claim }) => claim !== null);
  if (claimed.length > 0)
    return {
      state: "unknown",
      message: maybeSent(claimed),
      remedy: lookInto(claimed.map(({ ready: { name } }) => name)),
    };
  return { state: "done", message: `${states.map((one) => one.ready.name).join(", ")} told, says ${where}` };
}

/** A channel that was told of another commit: the tag was moved since. */
function toldOfAnother(
  states: readonly ChannelState[],
  { tag, commit }: Pick<RitualRelease, "tag" | "commit">,
): Observed | null {
  for (const { ready, told, again } of states) {
    if (again || told?.commit === undefined || told.commit === commit) continue;
    const { at, by } = told;
    return {
      state: "conflict",
      message: `${ready.name} was told of ${printable(tag, 100)} at ${at} by ${printable(by, 100)}, and it was commit ${printable(told.commit.slice(0, 12), 12)} then; now it is ${commit.slice(0, 12)}`,
      remedy: `a tag that was announced must not move: release the change as the next version; or tell the channel of this commit too: --resend ${ready.name}`,
    };
  }
  return null;
}

/** That people want it twice is said wherever it happens. */
function onceMore(states: readonly ChannelState[]): string {
  const before = states.flatMap(({ ready, open, told }) =>
    open && told ? [`${ready.name} at ${told.at} by ${told.by}`] : [],
  );
  return before.length === 0 ? "" : ` once more (it was told already: ${before.join(", ")})`;
}

/** What only people can find out. */
function maybeSent(claimed: readonly ChannelState[]): string {
  const lines = claimed.map(({ ready: { name }, claim }) => `${name} (${claim?.by} began at ${claim?.at})`);
  return `it may have been sent already to ${lines.join(", ")}: it is not sent again by itself`;
}

/** What to do about channels that may have been told: all of them are named, so that it is said once. */
function lookInto(names: readonly string[]): string {
  const flags = (flag: string) => names.map((name) => `${flag} ${name}`).join(" ");
  return names.length === 1
    ? `look into the channel; then say --only broadcast ${flags("--sent")} if it is there, or ${flags("--resend")} if it is not`
    : `look into each channel; then say --only broadcast ${flags("--sent")}, with --resend in the place of --sent for one where it is not`;
}

/** @throws StepFailure that names who was told, and who was not */
function reported(
  results: readonly Sent[],
  states: readonly ChannelState[],
  settings: BroadcastSettings,
): StepReport {
  const told = results
    .filter((one) => "answered" in one && one.answered.state === "sent")
    .map(({ name }) => name);
  const claimed = states.filter(({ claim }) => claim !== null);
  const troubles = results.flatMap(troubleOf);
  const uncertain = [
    ...results.filter((one) => "answered" in one && one.answered.state === "lost").map(({ name }) => name),
    ...claimed.map(({ ready }) => ready.name),
  ];
  const already = states
    .filter(({ open, claim, confirmed }) => confirmed || (!open && claim === null))
    .map(({ ready }) => ready.name);
  const tellings =
    told.length > 0
      ? `told ${told.join(", ")}${onceMore(states.filter(({ ready }) => told.includes(ready.name)))}`
      : "nobody new was told";
  const why = [
    ...troubles.map(({ message }) => message),
    ...(claimed.length > 0 ? [maybeSent(claimed)] : []),
  ];
  if (why.length > 0) {
    const message = `not everybody was told: ${why.join("; ")}${told.length > 0 ? `; ${tellings}` : ""}`;
    const remedies = [
      ...(uncertain.length > 0 ? [lookInto(uncertain)] : []),
      ...troubles.flatMap(({ remedy }) => remedy ?? []),
    ];
    throw new StepFailure(message, [...new Set(remedies)].join("; ") || undefined);
  }
  const missing = unsaid(settings);
  return {
    message: [tellings, ...(already.length > 0 ? [`${already.join(", ")} knew already`] : [])].join("; "),
    excerpt: results
      .map(
        (one) =>
          `${one.name}: ${"answered" in one && one.answered.state === "sent" ? one.answered.detail : ""}`,
      )
      .join("\n"),
    warnings:
      missing.length > 0
        ? [
            `the announcement does not say who answers for it: set ${missing.map((name) => `ritual.broadcast.${name}`).join(", ")}`,
          ]
        : [],
  };
}

function troubleOf(sent: Sent): readonly { readonly message: string; readonly remedy?: string }[] {
  if ("failure" in sent) {
    const { message, remedy } = sent.failure;
    return [{ message, ...(remedy ? { remedy } : {}) }];
  }
  const { name, answered } = sent;
  if (answered.state === "sent") return [];
  if (answered.state === "refused")
    return [{ message: `${name} ${answered.why}`, ...(answered.remedy ? { remedy: answered.remedy } : {}) }];
  return [{ message: `${name}: ${answered.why}, so that it may have been sent` }];
}

function pretty(body: string): string {
  return JSON.stringify(JSON.parse(body), null, 2);
}
