import type { GitReader } from "../clients/git/reader.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import { type Refusal, RemoteRefused } from "../clients/git/writer-refusal.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { sleep } from "../core/sleep.ts";
import { type Proof, type Step, StepFailure } from "../core/step.ts";
import { printable, shellWord } from "../core/text.ts";
import { aloneNotice } from "./tag-alone.ts";
import { conflict, taken, wrongPlaces } from "./tag-create.ts";
import type { TagRequest } from "./tag-request.ts";
import { isEverywhere, isRight, type Look, type Original, type Own, short, takeOver } from "./tag-seen.ts";

/** The tag on the remote, compared by the commit that it points at. */
export function pushStep(
  git: { readonly reader: GitReader; readonly writer: GitWriter },
  request: TagRequest,
  look: Look,
  own: Own,
): Step {
  const { writer } = git;
  const { name, commit, remote, token } = request;
  const tag = printable(name, 100);
  const target = printable(remote, 100);
  /** Somebody was quicker than this very process, whose tag is still here. */
  let lost: Pushed | null = null;
  const byHand = `git fetch --force ${shellWord(target)} tag ${shellWord(tag)}`;

  return {
    id: "tag.push",
    title: `Push tag ${tag} to ${target}`,
    async observe(signal) {
      lost = null;
      const there = await look.there(signal);
      if (there === null) {
        return conflict(
          `There is no remote named ${target}`,
          `git remote add ${target} URL, or name another one: release.remote in the configuration`,
        );
      }
      const wrong = await wrongPlaces(there, request, look, signal);
      if (wrong.length > 0) return taken(tag, wrong);
      const pushed = await whoPushed(there, request, look, signal);
      if (!pushed)
        return { state: "needed", message: `Git tag ${tag} will be pushed to ${lacking(there, target)}` };
      if (pushed.beside && own.object !== null && pushed.beside.instead === own.object) {
        lost = pushed;
        const message = `Git tag ${tag} was pushed by another run meanwhile, and will be taken from ${pushed.beside.from}`;
        return { state: "needed", message };
      }
      const maker = pushed.maker || (pushed.ours ? "" : "made elsewhere, by whom cannot be read");
      const detail = [`at this commit (${short(commit)})`, maker].filter((part) => part !== "").join(", ");
      const beside = pushed.beside ? `; the one here is another object: ${byHand}` : "";
      return { state: "done", message: `Git tag ${tag} is on ${target}, ${detail}${beside}` };
    },
    async prove(signal) {
      const [refusal, notices] = await Promise.all([
        writer.probePush({ remote, token }, name, commit, signal),
        aloneNotice(git, request, signal),
      ]);
      if (refusal) return [proofOf(refusal), ...notices];
      return [{ state: "ok", message: `${target} lets this account push` }, ...notices];
    },
    async run(signal) {
      const here = await look.here(signal);
      if (!here || !isRight(here, commit)) {
        throw new StepFailure(`Git tag ${tag} has changed here meanwhile`, "run the release again");
      }
      const quicker = lost ?? (await pushOrFind(writer, request, look, signal));
      if (!quicker || quicker.ours) return `Git tag ${tag} created and pushed`;
      own.object = null;
      const said = `Git tag ${tag} was pushed by another run meanwhile, at this commit: ${quicker.maker || "by whom cannot be read"}`;
      if (!quicker.beside || (await adopted(writer, request, quicker.beside, signal))) return said;
      return `${said}; the one here is another object: ${byHand}`;
    },
  };
}

/** So often a push is tried while another one holds the lock: git itself waits no more than a tenth of a second for it. */
const lockTries = 6;

/** Null: it was pushed. Otherwise what the remote has instead counts. @throws StepFailure where it has none */
async function pushOrFind(
  writer: GitWriter,
  request: TagRequest,
  look: Look,
  signal: AbortSignal,
): Promise<Pushed | null> {
  for (let tries = 1; ; tries++) {
    const refusal = await push(writer, request, signal);
    if (!refusal) return null;
    // Whoever was quicker, or whatever was lost on the way.
    const pushed = await look
      .there(signal)
      .then((there) => whoPushed(there ?? [], request, look, signal))
      .catch(() => null);
    if (pushed) return pushed;
    if (refusal.kind !== "locked" || tries === lockTries)
      throw new StepFailure(refusal.message, refusal.remedy);
    await sleep(100 * 2 ** tries, signal);
  }
}

/** The one here lost: what is released is the tag here too, if this clone can take it. */
function adopted(
  writer: GitWriter,
  request: TagRequest,
  original: Original,
  signal: AbortSignal,
): Promise<boolean> {
  return takeOver(writer, request, original, signal).then(
    () => true,
    () => false,
  );
}

/** Whose tag the remote has; null: it is not everywhere yet. */
interface Pushed {
  readonly ours: boolean;
  readonly maker: string;
  /** The remote's, where this clone has made one of its own that no place has taken. */
  readonly beside: Original | null;
}

async function whoPushed(
  there: readonly TagThere[],
  { commit }: TagRequest,
  look: Look,
  signal: AbortSignal,
): Promise<Pushed | null> {
  if (there.length === 0 || !isEverywhere(there)) return null;
  if (there.some(({ tag }) => tag && !isRight(tag, commit))) return null;
  const found = there.flatMap(({ where, isPushed, tag }) =>
    isPushed && tag ? [{ object: tag.object, from: where }] : [],
  );
  const here = await look.here(signal);
  const other = found.find(({ object }) => object !== here?.object);
  if (!other) return { ours: true, maker: "", beside: null };
  const maker = await look.maker(other.object, signal);
  const lost = here?.annotated && found.every(({ object }) => object !== here.object);
  return { ours: false, maker, beside: lost ? { ...other, instead: here.object } : null };
}

/** The remote; or which of its places, where others have the tag already. */
function lacking(there: readonly TagThere[], target: string): string {
  const pushed = there.filter(({ isPushed }) => isPushed);
  const missing = pushed.filter(({ tag }) => tag === null);
  return missing.length === pushed.length ? target : missing.map(({ where }) => where).join(" and ");
}

async function push(
  writer: GitWriter,
  { name, remote, token }: TagRequest,
  signal: AbortSignal,
): Promise<Refusal | null> {
  try {
    return await writer.pushTag({ remote, token }, name, signal);
  } catch (error) {
    if (error instanceof RemoteRefused) return error;
    throw error;
  }
}

/** Definite is what another try, at another moment, would be told again. */
function proofOf({ kind, message, remedy }: Refusal): Proof {
  const passing: readonly Refusal["kind"][] = ["unreachable", "timeout", "locked", "other"];
  const definite = !passing.includes(kind);
  return { state: definite ? "conflict" : "unknown", message, remedy };
}
