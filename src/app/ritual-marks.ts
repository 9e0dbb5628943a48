import { createRemoteMarks } from "../clients/git/marks.ts";
import { createLocalMarks } from "../clients/git/marks-file.ts";
import type { Marks } from "../ritual/marks.ts";
import type { RitualRelease } from "../ritual/release.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { Job } from "./job.ts";

/** Where it is kept what was sent for a release, as the configuration says. */
export function marksFor(
  { env, clients, emit, secrets }: Job,
  settings: RitualSettings,
  place: { readonly root: string; readonly commonDir: string; readonly release: RitualRelease },
): Marks {
  const { root, commonDir, release } = place;
  const mask = (text: string) => secrets.mask(text);
  if (settings.marks !== "local") {
    const { remote, tag } = release;
    return oneAtATime(createRemoteMarks({ root, commonDir, env, remote, tag, mask }));
  }
  const message = "ritual.marks is local: what this machine has sent, no other one knows";
  const level = clients.readers.ci.name === null ? "info" : "warning";
  emit({ type: "notice", level, from: "release-sentinel.ritual", message });
  return oneAtATime(createLocalMarks({ root, commonDir, tag: release.tag, mask }));
}

/** Steps look at the marks at once, and the lease is renewed meanwhile; their lock is for processes, not for us. */
function oneAtATime(marks: Marks): Marks {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    last = turn.catch(() => {});
    return turn;
  };
  return {
    where: marks.where,
    read: (signal) => inTurn(signal, () => marks.read(signal)),
    append: (mark, allowed, signal) => inTurn(signal, () => marks.append(mark, allowed, signal)),
    prove: (signal) => inTurn(signal, () => marks.prove(signal)),
    close: () => marks.close(),
  };
}
