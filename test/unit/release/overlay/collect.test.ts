import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collectChangelog } from "../../../../src/release/overlay/collect.ts";
import { changelogMarkdown } from "../../../../src/release/overlay/markdown.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { between, collect, gitHubOf, never, requestOf, worldOf } from "./world.ts";

const recent = "2099-11-20T10:00:00Z";

describe("a changelog from git alone", () => {
  it("puts what breaks, security and migrations on top, and says how it knows", async () => {
    const repo = between((work) => {
      work.commit("feat(api)!: v1 is gone\n\nBREAKING CHANGE: call v2 instead");
      work.commit("fix: no longer trusts the header\n\nThis is CVE-2026-12345.");
      work.commit("feat: orders have notes", { "db/migrations/007_notes.sql": "alter table orders …" });
      work.commit("docs: typo");
    });
    const { overlay, notes } = await collect(repo);
    expect(overlay.breaking).toMatchObject([
      { text: "api: v1 is gone", notes: ["call v2 instead"], because: "its commit says so" },
    ]);
    expect(overlay.security).toMatchObject([{ notes: ["CVE-2026-12345"] }]);
    expect(overlay.migrations).toMatchObject({
      changes: [{ text: "orders have notes", because: "its files" }],
      paths: ["db/migrations/007_notes.sql"],
    });
    expect(overlay.totals).toEqual({ commits: 4, changes: 4, pullRequests: 0, contributors: 1 });
    expect(overlay.source).toEqual({ kind: "git", reason: "no GITHUB_TOKEN", incomplete: [] });
    expect(notes).toMatchObject({ version: "v1.2.3", date: "2026-11-21", branch: null });
  });

  it("names the risky paths of the configuration before those that are built in", async () => {
    const repo = between((work) => {
      work.commit("feat: pay", { "src/pay/card.ts": "1", "src/pay/deep/x.ts": "2", "src/other.ts": "3" });
      work.commit("ci: faster", { ".github/workflows/ci.yml": "on: push" });
    });
    const risky = [
      { label: "payments", paths: ["src/pay/**"] },
      { label: "nothing", paths: ["src/none/**", "*.none"] },
      { label: "one level", paths: ["src/pay/*.ts"] },
    ];
    expect((await collect(repo, { settings: { risky } })).overlay.risky).toEqual([
      { label: "payments", configured: true, paths: ["src/pay/card.ts", "src/pay/deep/x.ts"], total: 2 },
      { label: "one level", configured: true, paths: ["src/pay/card.ts"], total: 1 },
      { label: "ci", configured: false, paths: [".github/workflows/ci.yml"], total: 1 },
    ]);
  });

  it("knows who is new, and which issues are closed", async () => {
    const repo = between((work) => {
      work.git("-c", "user.name=Newcomer", "config", "user.name", "x");
      execFileSync(
        "git",
        ["commit", "-q", "--allow-empty", "-m", "feat: mine\n\nCloses #12, fixes other/place#3"],
        {
          cwd: work.path,
          env: {
            ...gitEnv,
            GIT_AUTHOR_NAME: "New Comer",
            GIT_AUTHOR_EMAIL: "7+newc@users.noreply.github.com",
          },
        },
      );
    });
    const { overlay } = await collect(repo);
    expect(overlay.newcomers).toEqual([{ name: "New Comer", login: "newc" }]);
    expect(overlay.issues.map(({ reference }) => reference)).toEqual(["other/place#3", "12"]);
  });

  it("asks GitHub for the logins of those who are new, by their commits alone", async () => {
    const by = (name: string, email: string) => ({ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email });
    const said = [
      by("Ann", "ann@example.com"),
      by("Bob", "bob@example.com"),
      by("Cleo", "1+cleo@users.noreply.github.com"),
      by("Dan", "dan@example.com"),
    ];
    const repo = between((work) => {
      // What somebody else has opened is not what they have written.
      for (const [i, env] of said.entries())
        execFileSync("git", ["commit", "-q", "--allow-empty", "-m", `feat: ${i} (#${i + 1})`], {
          cwd: work.path,
          env: { ...gitEnv, ...env },
        });
    });
    const [dan = "", , bob = "", ann = ""] = repo.git("log", "--format=%H", "-4").split("\n");
    const { server, github } = await gitHubOf(repo, {
      authors: { [ann]: "ann-codes", [bob]: null, [dan]: "dan_*" },
      pulls: said.map((_, i) => ({ number: i + 1, login: "maintainer" })),
    });
    const { overlay, notes } = await collect(repo, {}, { github });
    const people = [
      { name: "Ann", login: "ann-codes" },
      { name: "Bob", login: null },
      { name: "Cleo", login: "cleo" },
      { name: "Dan", login: "dan_*" },
    ];
    expect(overlay.newcomers).toEqual(people);
    expect(notes.contributors).toMatchObject(people);
    expect(overlay.source.incomplete).toEqual([]);
    expect(server.requests.filter(({ operation }) => operation === "repos/get-commit")).toHaveLength(3);
    expect(server.violations).toEqual([]);
    // Offline only the address says it.
    const alone = await collect(repo);
    expect(alone.overlay.newcomers.filter(({ login }) => login !== null)).toEqual([people[2]]);
  });

  it("does without the logins that GitHub does not tell, and says so", async () => {
    const repo = between((work) => {
      execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "feat: mine"], {
        cwd: work.path,
        env: { ...gitEnv, GIT_AUTHOR_NAME: "Ann", GIT_AUTHOR_EMAIL: "ann@example.com" },
      });
    });
    for (const status of [403, 422]) {
      const { github } = await gitHubOf(repo, {
        faults: ({ operation }) =>
          operation === "repos/get-commit" ? { status, body: { message: "no such commit" } } : undefined,
      });
      const { overlay } = await collect(repo, {}, { github });
      expect(overlay.newcomers).toEqual([{ name: "Ann", login: null }]);
      expect(overlay.source).toMatchObject({
        kind: "github",
        incomplete: [expect.stringMatching(/^logins of new contributors were not read: .*no such commit/)],
      });
    }
  });

  it("is the same in every clone, from every branch", async () => {
    const repo = between((work) => {
      work.commit("feat: a (#4)");
      work.commit("fix: b");
    });
    const path = join(tempFolder("rs-clone-"), "clone");
    execFileSync("git", ["clone", "-q", `file://${repo.origin}`, path], { env: gitEnv });
    execFileSync("git", ["-C", path, "checkout", "-q", "-b", "elsewhere"], { env: gitEnv });
    const there = await collectChangelog(worldOf({ ...repo, path }), requestOf(repo), never);
    // Where a clone came from is part of its links, and of nothing else here.
    expect(JSON.stringify(there)).toBe(JSON.stringify(await collect(repo)));
  });

  it("has nothing to warn of in a first release", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat!: all of it", { "db/migrations/1.sql": "create", Dockerfile: "FROM scratch" });
    repo.git("tag", "-a", "v1.2.3", "-m", "first");
    const { overlay } = await collect(repo, { previousAt: null });
    expect(overlay).toMatchObject({ breaking: [], risky: [], migrations: { changes: [], paths: [] } });
  });
});

describe("a changelog with GitHub's pull requests", () => {
  it("finds them by number and by commit, in few requests, with titles, labels and the issues that they close", async () => {
    const repo = between((work) => {
      work.commit("feat: by number (#4)");
      work.commit("feat: came another way than (#7)");
      work.commit("feat: rebased, without a number");
    });
    const last = repo.git("rev-parse", "HEAD").trim();
    const { server, github } = await gitHubOf(repo, {
      pulls: [
        {
          number: 4,
          title: "By number",
          labels: ["enhancement", "type: security"],
          login: "ann",
          body: "Fixes #12",
        },
        { number: 5, title: "Rebased", labels: ["Breaking-Change"], mergeCommit: last, login: "bob" },
        { number: 6, title: "Of another release" },
        { number: 7, title: "Closed, not merged", mergedAt: null },
      ],
      issues: [{ number: 12, title: "It does not work" }],
    });
    const { overlay } = await collect(repo, {}, { github });
    expect(overlay.pullRequests).toMatchObject([
      { number: 4, title: "By number", author: "ann", labels: ["enhancement", "type: security"] },
      { number: 5, title: "Rebased", author: "bob" },
    ]);
    expect(overlay.security).toMatchObject([{ text: "by number", because: "label type: security" }]);
    expect(overlay.breaking).toMatchObject([{ because: "label Breaking-Change" }]);
    expect(overlay.issues).toMatchObject([{ reference: "12", title: "It does not work" }]);
    expect(overlay.labels).toEqual([
      { name: "Breaking-Change", count: 1 },
      { name: "enhancement", count: 1 },
      { name: "type: security", count: 1 },
    ]);
    expect(overlay.source).toEqual({ kind: "github", reason: null, incomplete: [] });
    expect(server.violations).toEqual([]);
    expect(server.requests.map(({ operation }) => operation)).toEqual([
      "pulls/list",
      "pulls/get",
      "issues/get",
    ]);
  });

  it("turns pages only as far back as the release goes, and asks for older ones by their number", async () => {
    const repo = between((work) => void work.commit("feat: picked from long ago (#9001)"));
    const old = "2020-01-01T10:00:00Z";
    const pulls = Array.from({ length: 350 }, (_, i) => ({
      number: i + 1,
      mergedAt: i < 120 ? recent : old,
      updatedAt: i < 120 ? recent : old,
    }));
    const taken = { number: 9001, title: "Long ago", mergedAt: old, updatedAt: "2019-01-01T10:00:00Z" };
    const { server, github } = await gitHubOf(repo, { pulls: [...pulls, taken] });
    const { overlay } = await collect(repo, { previousAt: "2026-11-01T10:00:00.000Z" }, { github });
    expect(overlay.pullRequests.map(({ number }) => number)).toEqual([9001]);
    expect(server.requests.map(({ operation }) => operation)).toEqual([
      "pulls/list",
      "pulls/list",
      "pulls/get",
    ]);
  });

  it("does not look through more than a thousand, and says so", async () => {
    const repo = between((work) => void work.commit("feat: a"));
    const pulls = Array.from({ length: 1200 }, (_, i) => ({
      number: i + 1,
      updatedAt: "2099-01-01T00:00:00Z",
    }));
    const { server, github } = await gitHubOf(repo, { pulls });
    const { overlay } = await collect(repo, {}, { github });
    expect(server.requests).toHaveLength(10);
    expect(overlay.source.incomplete).toEqual(["only the last 1000 pull requests were looked through"]);
  });

  it("does without them, and says why, where the token may not see them", async () => {
    const repo = between((work) => void work.commit("feat: a (#4)"));
    const { github } = await gitHubOf(repo, {
      faults: () => ({ status: 403, body: { message: "Resource not accessible by integration" } }),
    });
    const { overlay } = await collect(repo, {}, { github });
    expect(overlay.source).toMatchObject({ kind: "git", reason: expect.stringContaining("(403)") });
    expect(overlay.totals.pullRequests).toBe(1);
  });

  it("fails where GitHub has trouble that may pass: a poorer changelog would stay", async () => {
    const repo = between((work) => void work.commit("feat: a (#4)"));
    for (const status of [500, 401]) {
      const { github } = await gitHubOf(repo, { faults: () => ({ status }) });
      await expect(collect(repo, {}, { github })).rejects.toMatchObject({
        name: "StepFailure",
        remedy: expect.stringContaining("ritual.changelog.github: never"),
      });
    }
  });

  it("does not wait for a limit for longer than a run may take, and says until when", async () => {
    const repo = between((work) => void work.commit("feat: a (#4)"));
    const headers = { "retry-after": "99999" };
    const { github } = await gitHubOf(repo, { faults: () => ({ status: 429, headers }) });
    await expect(collect(repo, {}, { github })).rejects.toMatchObject({
      name: "StepFailure",
      message: expect.stringContaining("limit of requests is reached"),
    });
  });

  it("asks GitHub nothing where that is the configuration", async () => {
    const repo = between((work) => void work.commit("feat: a (#4)"));
    const { server, github } = await gitHubOf(repo, {});
    await collect(repo, { settings: { github: "never" } }, { github });
    expect(server.requests).toEqual([]);
  });
});

describe("a changelog for people", () => {
  const evil = "<img src=x onerror=alert(1)> [x](javascript:1) @everyone `a` \u001b[31m";

  it("shows what outsiders wrote, and does nothing else with it", async () => {
    const repo = between((work) => {
      work.commit(`feat!: ${evil} (#4)`, {
        "db/migrations/<b>x.sql": "1",
        ".github/workflows/[x](y).yml": "2",
      });
    });
    const { github } = await gitHubOf(repo, {
      pulls: [{ number: 4, title: evil, labels: ["<script>"], login: "ann", body: "closes #12" }],
      issues: [{ number: 12, title: evil }],
    });
    const text = changelogMarkdown(await collect(repo, {}, { github }));
    const withoutCode = text.replace(/`[^`]*`/g, "");
    expect(withoutCode).not.toMatch(/<(img|script|b>)/);
    expect(withoutCode).not.toMatch(/(?<!\\)\[x\\?\]\(/);
    expect(withoutCode).not.toContain("@everyone");
    expect(withoutCode).not.toContain("\u001b");
    expect(text).toContain("## Breaking changes");
    expect(text).toContain("## Issues closed");
  });

  it("has nothing of a secret, wherever it stood", async () => {
    const word = ["hunter", "2-and-more"].join("");
    const repo = between((work) => {
      work.commit(`feat!: uses ${word} (#4)\n\nBREAKING CHANGE: ${word}\n\nCloses #12`, {
        [`db/migrations/${word}.sql`]: "1",
      });
    });
    const { github } = await gitHubOf(repo, {
      pulls: [{ number: 4, title: word, labels: [word], login: word }],
      issues: [{ number: 12, title: word }],
    });
    const risky = [{ label: word, paths: ["db/**"] }];
    const mask = (text: string) => text.replaceAll(word, "***");
    const changelog = await collect(repo, { settings: { risky } }, { github, mask });
    expect(JSON.stringify(changelog)).not.toContain(word);
    expect(changelogMarkdown(changelog)).not.toContain(word);
  });

  it("says every change once: what stands on top does not come again below", async () => {
    const repo = between((work) => {
      work.commit("feat!: breaks");
      work.commit("fix: safer (CVE-2026-12345)");
      work.commit("feat: pleases");
    });
    const text = changelogMarkdown(await collect(repo));
    for (const words of ["breaks", "safer", "pleases"]) expect(text.split(words)).toHaveLength(2);
    expect(text.indexOf("breaks")).toBeLessThan(text.indexOf("pleases"));
    expect(text).toContain("3 commits since v1.2.2");
  });

  it("says that it is a rehearsal", async () => {
    const repo = between((work) => void work.commit("feat: a"));
    const text = changelogMarkdown(await collect(repo, { rehearsal: true }));
    expect(text).toMatch(
      /^# v1\.2\.3 \(rehearsal\)\n\n> This is a rehearsal: nothing of it was released\.\n/,
    );
  });
});
