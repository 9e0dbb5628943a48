import type { GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { printable, showUrl } from "../core/text.ts";
import { markerOf, releaseBody } from "./publish-body.ts";
import { acting, ifThere, looking } from "./publish-failures.ts";
import { accessProofs, bodyProofs, tagProofs } from "./publish-proofs.ts";
import { type Session, usableDraft, type World } from "./publish-world.ts";

/** Finds the draft of this tag, this commit and these files, or makes it: nobody sees a draft. */
export function draftStep(session: Session): Step {
  const { github, request } = session;
  const { tag, commit, name, body, prerelease } = request;
  let made: GitHubRelease | undefined;
  return {
    id: "github.draft",
    title: `Draft GitHub release ${tag}`,
    observe: (signal) => looking(async () => stateOf(await session.world(signal), session, signal)),
    async prove(signal) {
      const proofs = await Promise.all([accessProofs(github, signal), tagProofs(github, request, signal)]);
      return [...proofs.flat(), ...bodyProofs(request)];
    },
    run: (signal) =>
      acting(session, async () => {
        const wanted = await session.wanted();
        const find = async () => {
          session.wrote();
          const world = await session.world(signal);
          const found = world.published ?? (await usableDraft(session, world, wanted, signal))?.release;
          const other = found || world.drafts.length > 0 ? undefined : world.others[0];
          if (other) {
            const { message, remedy } = strangers(other, tag);
            throw new StepFailure(message, remedy);
          }
          return found ?? null;
        };
        const text = releaseBody(body, { tag, commit, build: wanted.build });
        const create = () => github.createDraft({ tag, name, body: text, prerelease }, signal);
        const found = await find();
        const release = found ?? (await github.certain(create, find, signal));
        if (!found) made = release;
        session.wrote(release);
        return `Draft of GitHub release ${tag} ${found ? "found" : "created"}`;
      }),
    undo: (signal) =>
      acting(session, async () => {
        const id = made && (await github.release(made.id, signal))?.draft ? made.id : null;
        if (id === null) return `No draft of GitHub release ${tag} to take back`;
        session.wrote();
        const { published } = await session.world(signal);
        // Until another one is out, somebody may publish this very draft: a look before does not keep them from it.
        if (!published || published.id === id) {
          throw new StepFailure(
            `the draft of GitHub release ${tag} stays, and nobody sees it: another run may be about to publish it`,
            "run the same command again: it goes on with that draft",
          );
        }
        await github.certain(
          () => github.deleteRelease(id, signal),
          async () => null,
          signal,
        );
        return `Draft of GitHub release ${tag} deleted`;
      }),
  };
}

async function stateOf(world: World, session: Session, signal: AbortSignal): Promise<Observed> {
  const { published, drafts, others } = world;
  const { tag, commit } = session.request;
  if (published) {
    const marker = markerOf(published.body);
    if (marker?.tag === tag && marker.commit !== commit) {
      return {
        state: "conflict",
        message: `GitHub release ${tag} was made of another commit: ${marker.commit.slice(0, 12)}, not ${commit.slice(0, 12)} (${showUrl(published.url)})`,
        remedy: "release the next version: what is published stays as it is",
      };
    }
    return { state: "done", message: `GitHub release ${tag} is published` };
  }
  if (drafts.length > 0) return ownState(world, session, signal);
  const other = others[0];
  if (other) return { state: "conflict", ...strangers(other, tag) };
  return { state: "needed", message: `GitHub has no release ${tag}: a draft will be created` };
}

async function ownState(world: World, session: Session, signal: AbortSignal): Promise<Observed> {
  const { tag } = session.request;
  const wanted = await ifThere(session.wanted);
  if (!wanted.found) {
    const message = `GitHub has a draft of ${tag}; whether it is for these files is seen when they are there: ${wanted.why.message}`;
    return { state: "needed", message };
  }
  if (await usableDraft(session, world, wanted.found, signal))
    return { state: "done", message: `GitHub has our draft of ${tag}` };
  const message = `GitHub has a draft of ${tag} for other files than these: one for these will be created`;
  return { state: "needed", message };
}

/** A draft that is not ours to take over, and whose it is. */
function strangers(draft: GitHubRelease, tag: string): { message: string; remedy: string } {
  const marker = markerOf(draft.body);
  const author = printable(draft.author ?? "somebody", 100);
  const of = marker ? `of another commit (${marker.commit.slice(0, 12)}) ` : "";
  return {
    message: `there is a draft ${of}of GitHub release ${tag} already, by ${author}: ${showUrl(draft.url)}`,
    remedy: `ask ${author}, and publish or delete that draft on GitHub`,
  };
}

/** @returns a failure for when the draft that was made for these files is not to be found */
export function draftGone(tag: string): StepFailure {
  return new StepFailure(
    `there is no draft of GitHub release ${tag} for these files any more: it was deleted or changed, or the files were`,
    "let nothing change the assets meanwhile, and run the same command again",
  );
}
