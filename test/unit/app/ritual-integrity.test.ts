import { describe, expect, it, onTestFinished } from "vitest";
import { createClients } from "../../../src/app/clients.ts";
import type { Job } from "../../../src/app/job.ts";
import { ritualForge } from "../../../src/app/ritual-integrity.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { testToken } from "../../support/github.ts";
import { gitEnv, repository } from "../../support/repository.ts";

async function forge(url: string, env: Readonly<Record<string, string>> = {}) {
  const repo = repository();
  repo.git("remote", "add", "origin", url);
  const secrets = new Secrets();
  const clients = createClients(repo.path, { ...gitEnv, ...env }, secrets);
  onTestFinished(() => clients.close());
  const world = { clients, secrets, emit: () => {}, deadlineAt: Number.POSITIVE_INFINITY };
  return ritualForge({ ...world, signal: new AbortController().signal } as unknown as Job, "origin");
}

describe("whose release it is", () => {
  it("is the same with a token and without one", async () => {
    const url = "git@github.com:octo/demo.git";
    const same = { repository: "octo/demo", project: "github.com/octo/demo" };
    expect(await forge(url)).toMatchObject({ ...same, skipped: "a GitHub release needs GITHUB_TOKEN" });
    expect(await forge(url, { GITHUB_TOKEN: testToken() })).toMatchObject(same);
  });

  it("is known of other forges too, and not by a folder of this machine", async () => {
    expect(await forge("https://gitlab.example.com/Team/app.git")).toMatchObject({
      repository: null,
      project: "gitlab.example.com/team/app",
    });
    for (const folder of ["/srv/git/app.git", "../app.git", "file:///srv/git/app.git"])
      expect(await forge(folder)).toMatchObject({ repository: null, project: null });
  });
});
