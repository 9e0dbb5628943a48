import { parseVersion } from "../../core/version.ts";
import { createGitCommand } from "./command.ts";
import { GitFailure } from "./reader.ts";

export interface ReleaseTag {
  /** `v1.2.3`: pre-releases are none. */
  readonly tag: string;
  /** Full object name of the commit that it leads to. */
  readonly commit: string;
  /** Milliseconds since 1970: the tagger's date, a light tag's commit's. */
  readonly at: number;
}

const format = "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)%00";

/** The release tags that a commit has behind it, in no special order. @throws GitFailure */
export async function releaseTags(
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  commit: string,
  signal: AbortSignal,
): Promise<readonly ReleaseTag[]> {
  const git = createGitCommand(place.cwd, place.env);
  const answer = await git(["for-each-ref", format, `--merged=${commit}`, "refs/tags"], { signal });
  if (answer.code !== 0) throw new GitFailure(answer.stderr.trim());
  const fields = answer.stdout.toString("utf8").split("\0");
  const tags: ReleaseTag[] = [];
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [name = "", object = "", peeled = "", seconds = ""] = fields.slice(i, i + 4);
    const tag = name.trimStart();
    if (parseVersion(tag)?.pre.length !== 0) continue;
    tags.push({ tag, commit: peeled || object, at: Number(seconds) * 1000 });
  }
  return tags;
}
