import { createRemoteMarks } from "../clients/git/marks.ts";
import { createLocalMarks } from "../clients/git/marks-file.ts";
import { SentinelError } from "../core/errors.ts";
import type { Marks } from "../ritual/marks.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { Job } from "./job.ts";
import type { RitualAsked, RitualWorld } from "./ritual-world.ts";

/** Where it is kept what was sent for a release, as the configuration says. @throws SentinelError `config-invalid` */
export function marksFor(
  { env, clients, emit, secrets }: Job,
  settings: RitualSettings,
  place: Pick<RitualWorld, "root" | "release"> & {
    readonly commonDir: string;
    readonly home: RitualAsked["home"];
  },
): Marks {
  const { root, commonDir, home, release } = place;
  const mask = (text: string) => secrets.mask(text);
  if (settings.marks !== "local") {
    const { remote, tag } = release;
    return oneAtATime(createRemoteMarks({ root, commonDir, env, remote, tag, mask }));
  }
  if (home !== null) {
    throw new SentinelError(
      "config-invalid",
      "ritual.marks is local, and with --repo the clone that would remember goes away",
      "leave ritual.marks out: they are kept on the remote; or run the ritual in a clone of your own",
    );
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
