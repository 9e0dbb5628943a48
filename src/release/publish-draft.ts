import type { GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { printable, showUrl } from "../core/text.ts";
import { markerOf, releaseBody } from "./publish-body.ts";
import { acting, looking } from "./publish-failures.ts";
import { accessProofs, bodyProofs, tagProofs } from "./publish-proofs.ts";
import { isOurs, type Session, type World } from "./publish-world.ts";

/** Finds the draft of this tag and commit, or makes it: nobody sees a draft. */
export function draftStep(session: Session): Step {
  const { github, request } = session;
  const { tag, name, body, prerelease } = request;
  return {
    id: "github.draft",
    title: `Draft GitHub release ${tag}`,
    observe: (signal) => looking(async () => stateOf(await session.world(signal), session)),
    async prove(signal) {
      const proofs = await Promise.all([accessProofs(github, signal), tagProofs(github, request, signal)]);
      return [...proofs.flat(), ...bodyProofs(request)];
    },
    run: (signal) =>
      acting(async () => {
        const find = async () => {
          session.wrote();
          const { published, drafts } = await session.world(signal);
          return drafts[0] ?? published;
        };
        const text = releaseBody(body, request);
        const create = () => github.createDraft({ tag, name, body: text, prerelease }, signal);
        const found = await find();
        const release = found ?? (await github.certain(create, find, signal));
        if (!found) session.made = release;
        session.wrote(release);
        return `Draft of GitHub release ${tag} ${found ? "found" : "created"}`;
      }),
    undo: (signal) =>
      acting(async () => {
        const made = session.made && (await github.release(session.made.id, signal));
        if (!made?.draft || !isOurs(made, request)) return `No draft of GitHub release ${tag} to take back`;
        await github.certain(
          () => github.deleteRelease(made.id, signal),
          async () => null,
          signal,
        );
        session.wrote();
        return `Draft of GitHub release ${tag} deleted`;
      }),
  };
}

function stateOf({ published, drafts, others }: World, { request }: Session): Observed {
  const { tag, commit } = request;
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
  if (drafts[0]) return { state: "done", message: `GitHub has our draft of ${tag}` };
  const other = others[0];
  if (other) return { state: "conflict", ...strangers(other, tag) };
  return { state: "needed", message: `GitHub has no release ${tag}: a draft will be created` };
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

/** The release that is being filled: what is published, else our draft. @throws StepFailure when there is none */
export function target({ published, drafts }: World, tag: string): GitHubRelease {
  const release = published ?? drafts[0];
  if (release) return release;
  throw new StepFailure(
    `the draft of GitHub release ${tag} is gone`,
    "see who deleted it, and run the same command again",
  );
}
