import { describe, expect, it } from "vitest";
import { githubServer } from "../../support/github.ts";
import { clientOf, commit, requestFor, runSteps, seen, tag, whole } from "./publishing.ts";

describe("a release on GitHub", () => {
  it("is drafted, filled and published, in this order", async () => {
    const server = await githubServer({ tags: { [tag]: commit } });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results).toMatchObject([
      { id: "github.draft", outcome: "did", message: "Draft of GitHub release v1.4.2 created" },
      { id: "github.assets", outcome: "did", message: "2 assets of GitHub release v1.4.2 uploaded" },
      { id: "github.publish", outcome: "did", message: "GitHub release v1.4.2 created" },
    ]);
    expect(seen(server)).toEqual([whole]);
    expect(server.violations).toEqual([]);
  });
});
