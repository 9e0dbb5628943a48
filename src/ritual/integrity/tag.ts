import type { TagHere } from "../../clients/git/tag-here.ts";
import { RemoteRefused } from "../../clients/git/writer-refusal.ts";
import type { TagThere } from "../../clients/git/writer-types.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { IntegrityFinding, IntegrityWorld } from "./model.ts";

export interface SoughtTag {
  readonly tag: string;
  readonly remote: string;
}

/** The tag as the remote has it. */
export interface SeenTag {
  readonly object: string;
  readonly commit: string;
}

export interface TagAnswer {
  /** Null where there is no one tag that everybody has. */
  readonly seen: SeenTag | null;
  readonly here: TagHere | null;
  readonly findings: readonly IntegrityFinding[];
}

/** Is the tag there, annotated, and the same in every place? */
export async function lookAtTag(
  { tags, token }: Pick<IntegrityWorld, "tags" | "token">,
  { tag, remote }: SoughtTag,
  signal: AbortSignal,
): Promise<TagAnswer> {
  const [here, there] = await Promise.all([
    tags.tag(tag, signal),
    tags.remoteTag({ remote, token }, tag, signal).catch((error: unknown) => noAnswer(error, signal)),
  ]);
  if (there !== null && "question" in there) return { seen: null, here, findings: [there] };
  return { here, ...judgeTag({ tag, remote }, here, there) };
}

/** Whether what was seen before is still so; null: it is. */
export async function moved(
  { tags, token }: Pick<IntegrityWorld, "tags" | "token">,
  { tag, remote }: SoughtTag,
  before: SeenTag,
  signal: AbortSignal,
): Promise<IntegrityFinding | null> {
  const there = await tags
    .remoteTag({ remote, token }, tag, signal)
    .catch((error: unknown) => noAnswer(error, signal));
  if (there !== null && "question" in there) return there;
  const other = (there ?? []).find(
    ({ tag: its }) => its?.object !== before.object || its.commit !== before.commit,
  );
  if (there?.length && other === undefined) return null;
  const where = other?.where ?? printable(remote, 100);
  const now = other?.tag ? `at ${short(other.tag.commit)}` : "gone";
  return {
    question: "tag.same",
    status: "fail",
    message: `Git tag ${printable(tag, 100)} was moved on ${where} in the middle of the ritual: it was at ${short(before.commit)}, and is ${now}`,
    remedy: `find out who moved it: a released tag is never moved; git ls-remote --tags ${shellWord(printable(remote, 100))} ${tag}`,
  };
}

function judgeTag(
  { tag, remote }: SoughtTag,
  here: TagHere | null,
  there: readonly TagThere[] | null,
): Pick<TagAnswer, "seen" | "findings"> {
  const [shown, origin] = [printable(tag, 100), printable(remote, 100)];
  if (there === null) {
    const remedy = `git remote add ${origin} URL, or name another one: release.remote in the configuration`;
    return none("tag.exists", `There is no remote named ${origin}`, remedy);
  }
  const found = there.flatMap(({ where, tag: its }) => (its ? [{ where, ...its }] : []));
  const [first] = found;
  if (first === undefined) {
    return here
      ? none("tag.exists", `Git tag ${shown} is not on ${origin}, only here`, `git push ${origin} ${shown}`)
      : none(
          "tag.exists",
          `Git tag ${shown} does not exist, here nor on ${origin}`,
          `release-sentinel release --env ENV --version ${shown}`,
        );
  }
  const findings: IntegrityFinding[] = [];
  const lacking = there.filter(({ tag: its }) => its === null).map(({ where }) => where);
  findings.push(
    lacking.length > 0
      ? fail("tag.exists", `Git tag ${shown} is not on ${lacking.join(", ")}`, `git push ${origin} ${shown}`)
      : ok(
          "tag.exists",
          `Git tag ${shown} is on ${there.map(({ where }) => where).join(", ")}, at ${short(first.commit)}`,
        ),
  );
  const light = [...found, ...(here ? [{ ...here, where: "this clone" }] : [])].filter(
    ({ annotated }) => !annotated,
  );
  findings.push(
    light.length > 0
      ? fail(
          "tag.annotated",
          `Git tag ${shown} is lightweight: it says neither who made it nor when (${light.map(({ where }) => where).join(", ")})`,
          "a released tag is never moved: make the next release with release-sentinel release, whose tags are annotated",
        )
      : ok("tag.annotated", `Git tag ${shown} is annotated`),
  );
  const differing = found.filter(({ object }) => object !== first.object);
  findings.push(
    differing.length > 0
      ? fail(
          "tag.same",
          `Git tag ${shown} is not the same everywhere: ${found.map(placed).join("; ")}`,
          "find out which one was released: a released tag is never moved",
        )
      : compared(shown, origin, here, first),
  );
  const isOne = differing.length === 0 && first.annotated;
  return { seen: isOne ? { object: first.object, commit: first.commit } : null, findings };
}

function compared(
  shown: string,
  origin: string,
  here: TagHere | null,
  there: SeenTag & { readonly where: string },
): IntegrityFinding {
  const byHand = `git fetch --force ${shellWord(origin)} tag ${shellWord(shown)}`;
  if (here === null) {
    return {
      question: "tag.same",
      status: "notice",
      message: `Git tag ${shown} is not in this clone: what ${there.where} has is what counts`,
      remedy: byHand,
    };
  }
  if (here.object === there.object)
    return ok("tag.same", `Git tag ${shown} is the same here and on ${there.where}`);
  const how =
    here.commit === there.commit
      ? "another object at the same commit"
      : `at ${here.commit ? short(here.commit) : "no commit"}, and on ${there.where} at ${short(there.commit)}`;
  const remedy = `if ${there.where} is right: ${byHand}; a released tag is never moved`;
  return fail(
    "tag.same",
    `Git tag ${shown} is not the same here as on ${there.where}: here it is ${how}`,
    remedy,
  );
}

function placed({ where, commit, object }: SeenTag & { readonly where: string }): string {
  return `${where} at ${short(commit)} (tag object ${short(object)})`;
}

function none(question: "tag.exists", message: string, remedy: string): Pick<TagAnswer, "seen" | "findings"> {
  return { seen: null, findings: [fail(question, message, remedy)] };
}

function noAnswer(error: unknown, signal: AbortSignal): IntegrityFinding {
  signal.throwIfAborted();
  if (!(error instanceof RemoteRefused)) throw error;
  return { question: "tag.exists", status: "unknown", message: error.message, remedy: error.remedy };
}

export function fail(
  question: IntegrityFinding["question"],
  message: string,
  remedy: string,
): IntegrityFinding {
  return { question, status: "fail", message, remedy };
}

export function ok(question: IntegrityFinding["question"], message: string): IntegrityFinding {
  return { question, status: "ok", message };
}

export function short(object: string): string {
  return object.slice(0, 7);
}
