import { pages } from "./pages.ts";
import { authorLogin, issue, list, pull } from "./shapes.ts";
import type { Transport } from "./transport.ts";
import type { GitHubTracker } from "./types.ts";

/** Reads pull requests, issues, and who wrote commits. @param place where the repository is by now */
export function createTracker(transport: Transport, place: { readonly path: string }): GitHubTracker {
  return {
    async *closedPulls(signal) {
      const query = "&state=closed&sort=updated&direction=desc";
      const doing = "list the pull requests";
      for await (const { json, isLast } of pages(transport, `${place.path}/pulls`, doing, signal, query)) {
        yield { pulls: list(json, pull), isLast };
      }
    },
    async pull(number, signal) {
      const call = { doing: `read pull request ${number}`, signal };
      const answer = await transport.find(`${place.path}/pulls/${number}`, call);
      return answer && pull(answer.json);
    },
    async issue(number, signal) {
      const call = { doing: `read issue ${number}`, signal };
      const answer = await transport.find(`${place.path}/issues/${number}`, call);
      return answer && issue(answer.json);
    },
    async authorOf(commit, signal) {
      const call = { doing: "read who wrote a commit", signal };
      // It comes with its files, of which nobody wants to hear.
      const answer = await transport.find(`${place.path}/commits/${commit}?per_page=1`, call);
      return answer && authorLogin(answer.json);
    },
  };
}
