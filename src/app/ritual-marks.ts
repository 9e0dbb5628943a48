import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { createRemoteMarks } from "../clients/git/marks.ts";
import { createLocalMarks } from "../clients/git/marks-file.ts";
import { makeOwnFolder, type OwnFolder } from "../clients/own-folder.ts";
import { SentinelError } from "../core/errors.ts";
import type { Marks } from "../ritual/marks.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { Job } from "./job.ts";
import type { RitualAsked, RitualWorld } from "./ritual-world.ts";

/** Where it is kept what was sent for a release, as the configuration says. @throws SentinelError `config-invalid` */
export function marksFor(
  { env, clients, emit, secrets }: Job,
  settings: RitualSettings,
  place: Pick<RitualWorld, "root" | "release"> &
    Pick<RitualAsked, "home" | "dryRun"> & { readonly commonDir: string },
): Marks {
  const { root, commonDir, home, release, dryRun } = place;
  const mask = (text: string) => secrets.mask(text);
  if (settings.marks !== "local") {
    const { remote, tag } = release;
    const own = dryRun ? elsewhere(commonDir) : null;
    return oneAtATime(createRemoteMarks({ root, commonDir, ...beside(own), env, remote, tag, mask }), own);
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
  const own = dryRun ? elsewhere(commonDir) : null;
  return oneAtATime(createLocalMarks({ root, commonDir, ...beside(own), tag: release.tag, mask }), own);
}

/** A dry run leaves nothing in a clone, and nobody has to let it write there. */
function elsewhere(commonDir: string): OwnFolder | null {
  try {
    accessSync(join(commonDir, "release-sentinel", "ritual.git"), constants.W_OK);
    return null;
  } catch {
    return makeOwnFolder();
  }
}

function beside(own: OwnFolder | null): { beside?: string } {
  return own === null ? {} : { beside: own.path };
}

/** Steps look at the marks at once, and the lease is renewed meanwhile; their lock is for processes, not for us. */
function oneAtATime(marks: Marks, own: OwnFolder | null): Marks {
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
    close() {
      marks.close();
      own?.remove();
    },
  };
}
