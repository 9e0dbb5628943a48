import { describe, expect, it } from "vitest";
import { gitOrder } from "../../../../src/checks/git/order.ts";
import { ask } from "../../../support/ask.ts";
import { repository } from "../../../support/repository.ts";

describe("git.order", () => {
  it("compares with the highest version reachable from here, not with the last tag", async () => {
    const repo = repository();
    for (const tag of ["v1.9.0", "v1.10.0", "nightly", "v0.1.0"]) repo.git("tag", tag);
    expect(await ask(gitOrder, { cwd: repo.path, target: { version: "v1.9.1" } })).toMatchObject({
      status: "fail",
      message: "Version v1.9.1 is not greater than the last release v1.10.0",
    });
    expect((await ask(gitOrder, { cwd: repo.path, target: { version: "v1.10.1" } })).status).toBe("ok");
  });
  it("does not call it the first release where the clone has no tags, or not all of them", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "-a", "-m", "x", "v1.0.0");
    repo.commit();
    repo.git("tag", "v1.1.0");
    repo.git("push", "-q", "origin", "main", "--tags");
    const bare = `${repo.path}-no-tags`;
    repo.git("clone", "-q", "--no-tags", `file://${repo.origin}`, bare);
    expect(await ask(gitOrder, { cwd: bare, target: { version: "v1.0.5" } })).toMatchObject({
      status: "fail",
      message: "Version v1.0.5 is not greater than the last release v1.1.0 (on origin, not in this clone)",
    });
    expect(await ask(gitOrder, { cwd: bare, target: { version: "v1.2.0" } })).toMatchObject({
      status: "ok",
      message: "Version order OK: v1.1.0 (on origin, not in this clone) → v1.2.0",
    });
    repo.git("-C", bare, "fetch", "-q", "origin", "refs/tags/v1.0.0:refs/tags/v1.0.0");
    expect((await ask(gitOrder, { cwd: bare, target: { version: "v1.0.5" } })).status).toBe("fail");
    expect(
      (await ask(gitOrder, { cwd: bare, target: { version: "v1.0.5" }, options: { remote: false } })).status,
    ).toBe("ok");
    expect((await ask(gitOrder, { cwd: bare, target: { version: "v1.1.0" } })).status).toBe("ok");
  });
  it("passes over the remote's tags on other lines, and finds nothing out where the remote is silent", async () => {
    const repo = repository({ origin: true });
    repo.git("switch", "-q", "-c", "next");
    repo.commit();
    repo.git("tag", "v2.0.0");
    repo.git("push", "-q", "origin", "next", "v2.0.0");
    repo.git("tag", "-d", "v2.0.0");
    repo.git("switch", "-q", "main");
    expect(await ask(gitOrder, { cwd: repo.path, target: { version: "v1.0.0" } })).toMatchObject({
      status: "ok",
      message: "Version order OK: this is the first release",
    });
    repo.git("remote", "set-url", "origin", "/nowhere/at/all.git");
    await expect(ask(gitOrder, { cwd: repo.path, target: { version: "v1.0.0" } })).rejects.toThrow("nowhere");
    expect((await ask(gitOrder, { cwd: repo.path, target: { purpose: "pull-request" } })).status).toBe(
      "skipped",
    );
  });
  it("lets an older line go on, and a run be finished", async () => {
    const repo = repository();
    repo.git("tag", "v1.0.0");
    repo.git("branch", "release/1");
    repo.commit();
    repo.git("tag", "v2.0.0");
    repo.git("switch", "-q", "release/1");
    expect((await ask(gitOrder, { cwd: repo.path, target: { version: "v1.0.1" } })).status).toBe("ok");
    expect((await ask(gitOrder, { cwd: repo.path, target: { version: "v1.0.0" } })).status).toBe("ok");
  });
  it("takes a pre-release for no release before a final one, nor for one before another version's", async () => {
    const repo = repository();
    for (const tag of ["v1.4.3", "v2.0.0-test", "v2.0.0-rc.2"]) repo.git("tag", tag);
    const order = (version: string) => ask(gitOrder, { cwd: repo.path, target: { version } });
    expect(await order("v1.4.4")).toMatchObject({
      status: "ok",
      message: "Version order OK: v1.4.3 → v1.4.4",
    });
    expect((await order("v1.5.0-rc.1")).status).toBe("ok");
    expect((await order("v2.0.0")).message).toBe("Version order OK: v1.4.3 → v2.0.0");
    expect(await order("v1.4.3-rc.1")).toMatchObject({
      status: "fail",
      message: "Version v1.4.3-rc.1 is not greater than the last release v1.4.3",
    });
    expect(await order("v2.0.0-rc.1")).toMatchObject({
      status: "fail",
      message: "Version v2.0.0-rc.1 is not greater than the last release v2.0.0-test",
    });
  });
});
