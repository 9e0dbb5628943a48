import { commitReference, issueReference, pullRequestReference } from "./links.ts";
import type { Notes } from "./model.ts";

/** The notes as a JSON document, with the addresses of what they speak of. Ends with a line break. */
export function json(notes: Notes): string {
  const { forge } = notes;
  const groups = notes.groups.map((group) => ({
    ...group,
    changes: group.changes.map((change) => ({
      ...change,
      url: commitReference(change, forge).url,
      pullRequest: change.pullRequest === null ? null : pullRequestReference(change.pullRequest, forge),
      closes: change.closes.map((issue) => issueReference(issue, forge)),
    })),
  }));
  return `${JSON.stringify({ ...notes, groups }, null, 2)}\n`;
}
