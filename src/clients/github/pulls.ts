import { pages } from "./pages.ts";
import { issue, list, pull } from "./shapes.ts";
import type { Transport } from "./transport.ts";
import type { GitHubTracker } from "./types.ts";

/** Reads pull requests and issues. @param place where the repository is by now */
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
  };
}
