import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { basicAuth, type GitDoor, gitHttpServer } from "../../support/git-server.ts";
import { server } from "../../support/server.ts";
import { gitOnly, left, remote, run, token } from "./world.ts";

describe("a server that wants credentials", () => {
  /** Every command line of the machine and every setting of a clone, each time that the server is asked. */
  function watching(temp: string, door: GitDoor) {
    const seen = { lines: "", configs: "" };
    const watch: GitDoor = (request) => {
      for (const pid of existsSync("/proc/1")
        ? readdirSync("/proc").filter((name) => /^\d+$/.test(name))
        : []) {
        try {
          seen.lines += `${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}\n`;
        } catch {
          // it has just ended
        }
      }
      for (const name of left(temp)) {
        const config = join(temp, name, "repository/.git/config");
        if (existsSync(config)) seen.configs += readFileSync(config, "utf8");
      }
      return door(request);
    };
    return { seen, watch };
  }

  it.each([
    ["GIT_TOKEN", {}, "x-access-token"],
    ["GIT_TOKEN", { GIT_USERNAME: "gitlab-ci-token" }, "gitlab-ci-token"],
    ["GITHUB_TOKEN", {}, "x-access-token"],
  ])(
    "gets %s %o, from the environment alone, in the clone and for every later question",
    async (name, more, user) => {
      const world = remote();
      const { seen, watch } = watching(world.temp, basicAuth(`${user}:${token}`));
      const http = await gitHttpServer(world.repo.origin, watch);
      const env = {
        [name]: token,
        ...more,
        ...(name === "GITHUB_TOKEN" ? { GITHUB_SERVER_URL: http.origin } : {}),
      };
      const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", "v1.0.0"], env);
      expect(ran.stderr).toContain("Git tag v1.0.0 is already on origin, at this commit");
      expect(ran.stderr).toContain("the clone is partial");
      expect(ran.code).toBe(0);
      expect(seen.lines).toContain("--filter=blob:none");
      expect(seen.configs).toContain("origin.git");
      expect(seen.lines + seen.configs + ran.all).not.toContain(token);
      expect(seen.lines + seen.configs).not.toContain(Buffer.from(`${user}:${token}`).toString("base64"));
    },
  );

  it("gets it from a mounted file as well", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    writeFileSync(join(world.here, "token"), `${token}\n`);
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", "v1.0.0"], {
      GIT_TOKEN_FILE: join(world.here, "token"),
    });
    expect(ran.code).toBe(0);
  });

  it("and gets a wrong one, or none, says so in a sentence without it", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, (request) => {
      const refused = basicAuth("x-access-token:another")(request);
      // Some servers repeat what they were sent.
      return refused && { ...(refused as { status: number }), body: `no ${request.credentials}\n` };
    });
    for (const env of [{ GIT_TOKEN: token }, {}]) {
      const ran = await run(world, [...gitOnly, "--repo", http.url], env);
      expect(ran.stderr).toMatch(
        /^release-sentinel: the server does not let these credentials read http:.* → set GIT_TOKEN/m,
      );
      expect(ran.all).not.toContain(token);
      expect(ran.code).toBe(1);
    }
    expect(left(world.temp)).toEqual([]);
  });

  it("and cannot be read, or reached, tells those who watch; a mistyped ref is no news", async () => {
    const world = remote();
    const slack = await server();
    const closed = await gitHttpServer(world.repo.origin, basicAuth("nobody:nothing"));
    const env = { RS_ALERT_WEBHOOK: slack.url, GIT_TOKEN: token };
    const asked = (repo: string, ...more: string[]) => run(world, [...gitOnly, "--repo", repo, ...more], env);
    expect((await asked(closed.url)).stderr).toContain("Alert sent successfully");
    expect((await asked("http://127.0.0.1:1/a/b.git")).code).toBe(2);
    expect((await asked(world.repo.origin, "--ref", "gone")).code).toBe(1);
    const told = slack.received.map(({ body }) => body);
    expect(told.map((body) => /BLOCKED|CRITICAL/.exec(body)?.[0])).toEqual(["BLOCKED", "CRITICAL"]);
    expect(told.join()).not.toContain(token);
  });

  it("is not sent GitHub's token when it is not GitHub", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    const ran = await run(world, [...gitOnly, "--repo", http.url], { GITHUB_TOKEN: token });
    expect(ran.code).toBe(1);
    expect(http.received.map(({ credentials }) => credentials).filter((given) => given !== null)).toEqual([]);
  });
});
