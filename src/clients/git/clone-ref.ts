import { nearest, printable, shellWord } from "../../core/text.ts";

/** One branch or tag of what was cloned. */
export interface ClonedRef {
  readonly kind: "branch" | "tag";
  readonly name: string;
  /** The commit that it leads to; null when it leads to something else. */
  readonly commit: string | null;
}

export interface Picked {
  readonly commit: string;
  readonly branch: string | null;
  readonly tag: string | null;
}

export interface NotPicked {
  readonly problem: string;
  readonly remedy: string;
}

/** `for-each-ref`'s format that `parseRefs` reads. */
export const refFormat =
  "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(symref)";

/** Branches of origin and tags; `head` is the default branch, null when the remote does not name one that is there. */
export function parseRefs(text: string): {
  readonly refs: readonly ClonedRef[];
  readonly head: string | null;
} {
  let head: string | null = null;
  const refs = text.split("\n").flatMap((line): ClonedRef[] => {
    const [ref = "", object = "", type, peeled = "", peeledType, symref = ""] = line.split("\0");
    if (ref === "refs/remotes/origin/HEAD") {
      head = symref.replace("refs/remotes/origin/", "") || null;
      return [];
    }
    const commit = type === "commit" ? object : peeledType === "commit" ? peeled : null;
    const branch = /^refs\/remotes\/origin\/(.+)$/.exec(ref)?.[1];
    if (branch !== undefined) return [{ kind: "branch", name: branch, commit }];
    const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1];
    return tag === undefined ? [] : [{ kind: "tag", name: tag, commit }];
  });
  return { refs, head };
}

/**
 * The one thing that a name stands for.
 * @param ref null: the default branch
 * @param commitOf the commit that an object name, whole or cut short, leads to in the clone
 */
export async function pickRef(
  ref: string | null,
  { refs, head }: ReturnType<typeof parseRefs>,
  commitOf: (name: string) => Promise<string | null>,
): Promise<Picked | NotPicked> {
  if (ref === null || ref === "HEAD") {
    const found = refs.find(({ kind, name }) => kind === "branch" && name === head);
    if (found) return picked(found);
    return refs.length === 0
      ? { problem: "the repository has no commit yet", remedy: "push a branch to it" }
      : {
          problem: "the repository does not say which branch is its default",
          remedy: "name one: --ref main",
        };
  }
  // A whole name means one thing, whatever else is called so.
  const whole = refs.find((one) => fullName(one) === ref);
  if (whole) return picked(whole);
  const found = /^refs\/(heads|tags)\//.test(ref) ? [] : refs.filter(({ name }) => ref === name);
  const commit = /^[0-9a-f]{7,64}$/i.test(ref) ? await commitOf(ref.toLowerCase()) : null;
  if (commit !== null && ref.length >= 40) return { commit, branch: null, tag: null };
  const [first] = found;
  if (found.length + (commit === null ? 0 : 1) > 1) {
    const full = found.map(fullName);
    return {
      problem: `--ref ${printable(ref, 200)} is more than one thing: ${[...full, ...(commit ? [`commit ${commit}`] : [])].map((name) => printable(name, 200)).join(", ")}`,
      remedy: `say which: --ref ${shellWord(printable(full[0] ?? ref, 200))}`,
    };
  }
  if (first) return picked(first);
  return commit === null ? absent(ref, refs) : { commit, branch: null, tag: null };
}

function fullName({ kind, name }: ClonedRef): string {
  return `refs/${kind === "branch" ? "heads" : "tags"}/${name}`;
}

function picked({ kind, name, commit }: ClonedRef): Picked | NotPicked {
  if (commit === null)
    return {
      problem: `the ${kind} ${printable(name, 200)} leads to no commit`,
      remedy: "name another --ref",
    };
  return { commit, branch: kind === "branch" ? name : null, tag: kind === "tag" ? name : null };
}

function absent(ref: string, refs: readonly ClonedRef[]): NotPicked {
  const problem = `there is no branch, tag or commit ${printable(ref, 200)}`;
  const bare = ref.replace(/^refs\/(heads|tags)\//, "");
  const names = [...new Set(refs.map(({ name }) => name))];
  const near: string[] = [];
  for (let rest = names; near.length < 3; ) {
    const name = nearest(bare, rest);
    if (name === undefined) break;
    near.push(name);
    rest = rest.filter((other) => other !== name);
  }
  if (near.length > 0)
    return { problem, remedy: `did you mean ${near.map((name) => printable(name, 100)).join(", ")}?` };
  const some = names.slice(0, 5).map((name) => printable(name, 100));
  return {
    problem,
    remedy: some.length === 0 ? "push it first" : `it has ${some.join(", ")}${names.length > 5 ? ", …" : ""}`,
  };
}
