import { describe, expect, it } from "vitest";
import { schemaOf } from "../../../support/schema.ts";
import { between, collect, gitHubOf } from "./world.ts";

const { problems, undescribed } = schemaOf("changelog");

const shop = () =>
  between((work) => {
    work.commit("feat(api)!: v1 is gone\n\nBREAKING CHANGE: call v2 instead\n\nCloses #12");
    work.commit("fix: no longer trusts the header (#7)\n\nThis is CVE-2026-12345.");
    work.commit("feat: orders have notes", { "db/migrations/007_notes.sql": "alter table orders …" });
  });

describe("the schema of a changelog", () => {
  it("describes one from git alone, and every field of it", async () => {
    const changelog = await collect(shop());
    expect(changelog.overlay.risky).not.toEqual([]);
    expect([problems(changelog), undescribed(changelog)]).toEqual([[], []]);
  });

  it("describes one with GitHub's pull requests and issues", async () => {
    const repo = shop();
    const { github } = await gitHubOf(repo, {
      pulls: [{ number: 7, title: "Trust no header", labels: ["security"], login: "ann", body: "Fixes #12" }],
      issues: [{ number: 12, title: "It does not work" }],
    });
    const changelog = await collect(repo, {}, { github });
    expect(changelog.overlay).toMatchObject({ source: { kind: "github" }, pullRequests: [{ number: 7 }] });
    expect([problems(changelog), undescribed(changelog)]).toEqual([[], []]);
  });

  it.each<[string, object]>([
    ["another commit than a whole one", { commit: "3f2a9c1" }],
    ["a tag that is none", { tag: null }],
    ["notes that are none", { notes: {} }],
    ["an overlay that is none", { overlay: {} }],
    ["a missing field", { rehearsal: undefined }],
  ])("refuses %s", async (_, change) => {
    expect(problems({ ...(await collect(shop())), ...change })).not.toEqual([]);
  });
});
