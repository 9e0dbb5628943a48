import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Secrets } from "../../../../src/core/mask.ts";
import { basicAuth, type GitDoor, gitHttpServer } from "../../../support/git-server.ts";
import { repository, type TestRepository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { draftOf, never, remoteRefs, script, writerOf } from "./writing.ts";

// Put together here: no file holds anything that looks like a secret.
const token = ["tkn", "0123456789", "abcdef"].join("_");
const password = ["pass", "word", "97531"].join("-");
const byToken = `x-access-token:${token}`;

/** A repository whose remote is served over HTTP, with a tag made. */
async function served(door: GitDoor, env: NodeJS.ProcessEnv = {}) {
  const repo = repository({ origin: true });
  const server = await gitHttpServer(repo.origin, door);
  repo.git("remote", "set-url", "origin", server.url);
  const home = tempFolder();
  const { writer, secrets } = writerOf(repo, { HOME: home, ...env });
  await writer.createTag(draftOf(repo), never);
  const access = { remote: "origin", token: { value: token, host: server.origin } };
  return { repo, server, home, writer, secrets, access };
}

function store(repo: TestRepository, home: string, origin: string, credentials: string): string {
  const file = join(home, "stored");
  writeFileSync(file, `${origin.replace("://", `://${credentials}@`)}\n`);
  repo.git("config", "credential.helper", `store --file=${file}`);
  return file;
}

describe("credentials", () => {
  it("are git's own where they do", async () => {
    const { repo, server, home, writer, access } = await served(basicAuth(`me:${password}`, byToken));
    store(repo, home, server.origin, `me:${password}`);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toBeNull();
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toContain("refs/tags/v1.0.0");
    expect(server.received.every(({ credentials }) => credentials !== byToken)).toBe(true);
  });

  it("are the header that CI's checkout leaves, where there is one", async () => {
    const { repo, server, writer, access } = await served(basicAuth(`ci:${password}`, byToken));
    const header = Buffer.from(`ci:${password}`).toString("base64");
    repo.git("config", `http.${server.origin}/.extraheader`, `AUTHORIZATION: basic ${header}`);
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(server.received.every(({ credentials }) => credentials !== byToken)).toBe(true);
  });

  it("are what CI's own askpass program says", async () => {
    const bin = tempFolder();
    const askpass = script(join(bin, "ask"), `case "$1" in User*) echo me;; *) echo ${password};; esac`);
    const { writer, access } = await served(basicAuth(`me:${password}`), { GIT_ASKPASS: askpass });
    expect(await writer.pushTag({ ...access, token: null }, "v1.0.0", never)).toBeNull();
  });

  it("are missing, and the remedy says how to give some", async () => {
    const { writer, access } = await served(basicAuth(byToken));
    const own = { ...access, token: null };
    const refused = {
      kind: "authentication",
      message: expect.stringContaining("terminal prompts disabled"),
      remedy: expect.stringContaining("GITHUB_TOKEN"),
    };
    expect(await writer.probePush(own, "v1.0.0", "HEAD", never)).toMatchObject(refused);
    await expect(writer.remoteTag(own, "v1.0.0", never)).rejects.toMatchObject(refused);
  });

  it("may read and yet not push", async () => {
    const { writer, access } = await served(({ path }) =>
      path.includes("receive-pack") ? { status: 403, body: "read only\n" } : undefined,
    );
    expect(await writer.remoteTag(access, "v1.0.0", never)).toMatchObject([{ tag: null }]);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject({
      kind: "permission",
      message: expect.stringMatching(/does not let this account push: .*403.*\(with the token; git's own/),
    });
  });
});

describe("the token", () => {
  it("is used where git's own credentials do not do, from then on at once", async () => {
    const { repo, server, writer, access } = await served(basicAuth(byToken));
    expect(await writer.remoteTag(access, "v1.0.0", never)).toMatchObject([{ where: "origin", tag: null }]);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toBeNull();
    const before = server.received.length;
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toContain("refs/tags/v1.0.0");
    // One to be asked, one to answer, one to push; a try without the token would have been one more.
    const pushing = server.received.slice(before).map(({ credentials }) => credentials !== null);
    expect(pushing).toEqual([false, true, true]);
  });

  it("takes the place of credentials that may only read", async () => {
    const { repo, server, home, writer, access } = await served((request) => {
      const asked = basicAuth(`me:${password}`, byToken)(request);
      if (asked) return asked;
      return request.path.includes("receive-pack") && request.credentials !== byToken
        ? { status: 403 }
        : undefined;
    });
    const header = Buffer.from(`me:${password}`).toString("base64");
    repo.git("config", `http.${server.origin}/.extraheader`, `AUTHORIZATION: basic ${header}`);
    repo.git("config", `http.${server.origin}/origin.git.extraheader`, `AUTHORIZATION: basic ${header}`);
    const file = store(repo, home, server.origin, `me:${password}`);
    repo.git("config", `credential.${server.origin}.helper`, `store --file=${file}`);
    const before = readFileSync(file, "utf8");
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toContain("refs/tags/v1.0.0");
    // The user's helpers neither learn the token nor forget what they knew.
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it.each(["", "ORIGIN.", "ORIGIN/origin.git."])(
    "is neither asked of nor told to the user's own helper: credential.%shelper",
    async (scope) => {
      const { repo, server, home, writer, access } = await served(basicAuth(byToken));
      const file = join(home, "stored");
      const seen = join(home, "asked");
      const key = `credential.${scope.replace("ORIGIN", server.origin)}helper`;
      repo.git(
        "config",
        "--add",
        key,
        `!f() { echo "$1" >> ${seen}; git credential-store --file=${file} "$1"; }; f`,
      );
      repo.git("config", "credential.useHttpPath", "true");
      expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toBeNull();
      const before = readFileSync(seen, "utf8");
      expect(before).toContain("get");
      expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
      expect(readFileSync(seen, "utf8")).toBe(before);
      expect(existsSync(file)).toBe(false);
    },
  );

  it("stands in no list of processes, no setting and no file", async () => {
    const watched: string[] = [];
    const { repo, home, writer, access } = await served((request) => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          watched.push(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
        } catch {
          // it has ended
        }
      }
      return basicAuth(byToken)(request);
    });
    const seen = join(home, "seen");
    script(
      join(repo.path, ".git/hooks/pre-push"),
      `cat /proc/*/cmdline > ${seen}; git config --list >> ${seen}`,
    );
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    const all = watched.join("\n");
    expect(all).toContain("remote-http");
    expect(all).not.toContain(token);
    expect(readFileSync(seen, "utf8")).toContain("refs/tags/v1.0.0:refs/tags/v1.0.0");
    expect(readFileSync(seen, "utf8")).not.toContain(token);
    expect(readFileSync(join(repo.path, ".git/config"), "utf8")).not.toContain(token);
    expect(readdirSync(home)).toEqual(["seen"]);
  });

  it("goes to no other server: not by the remote's address", async () => {
    const { server, writer, access } = await served(basicAuth(byToken));
    for (const host of ["https://github.com", "http://127.0.0.1", server.origin.replace("http:", "https:")]) {
      const elsewhere = { ...access, token: { value: token, host } };
      expect(await writer.probePush(elsewhere, "v1.0.0", "HEAD", never)).toMatchObject({
        kind: "authentication",
      });
    }
    expect(server.received.every(({ credentials }) => credentials === null)).toBe(true);
  });

  it.each([
    ["before it is asked for", () => undefined],
    ["after it was taken", basicAuth(byToken)],
  ] as const)("goes to no other server: not by a redirect %s", async (_, door) => {
    const far = repository({ origin: true });
    const thief = await gitHttpServer(far.origin, basicAuth("never:matches"));
    const { writer, access } = await served(async (request) => {
      const asked = await door(request);
      return asked ?? { status: 302, headers: { location: `${thief.origin}${request.path}` } };
    });
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).not.toBeNull();
    expect(thief.received.length).toBeGreaterThan(0);
    expect(thief.received.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

describe("a password in the remote's address", () => {
  it("is masked wherever else git's settings have one", async () => {
    const { repo, access } = await served(() => undefined);
    const others = ["a", "b", "c"].map((name) => `${password}-${name}`);
    const [proxy, rewritten, header = ""] = others;
    const basic = Buffer.from(`ci:${header}`).toString("base64");
    repo.git("config", "http.https://example.com/.proxy", `http://me:${proxy}@127.0.0.1:1`);
    repo.git("config", `url.https://me:${rewritten}@example.com/.insteadOf`, "ours:");
    repo.git("config", "http.https://example.com/.extraheader", `AUTHORIZATION: basic ${basic}`);
    const { writer, secrets } = writerOf(repo);
    await writer.probePush(access, "v1.0.0", "HEAD", never);
    expect(secrets.values).toEqual(expect.arrayContaining([...others, basic]));
  });

  it("is masked as soon as the address is read", async () => {
    const { repo, server, writer, access, secrets } = await served(basicAuth(`me:${password}`));
    const url = server.url.replace("://", `://me:${password}@`);
    repo.git("remote", "set-url", "origin", url);
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(secrets.mask(url)).not.toContain(password);
  });

  it("is in no message when it does not do", async () => {
    const { repo, server, writer, access } = await served(basicAuth(byToken));
    repo.git("remote", "set-url", "origin", server.url.replace("://", `://me:${password}@`));
    const refusal = await writer.pushTag(access, "v1.0.0", never);
    expect(refusal).toMatchObject({
      kind: "authentication",
      remedy: expect.stringContaining("the remote's URL brings its own password"),
    });
    expect(JSON.stringify(refusal)).not.toContain(password);
    expect(existsSync(join(repo.path, ".git/FETCH_HEAD"))).toBe(false);
  });

  it("is in no message of the server's own hook", async () => {
    const { repo, server, writer, access, secrets } = await served(basicAuth(`me:${password}`));
    repo.git("remote", "set-url", "origin", server.url.replace("://", `://me:${password}@`));
    script(join(repo.origin, "hooks/pre-receive"), `echo 'sent by me:${password}'; exit 1`);
    const refusal = await writer.pushTag(access, "v1.0.0", never);
    expect(refusal).toMatchObject({ kind: "hook", message: expect.stringContaining("sent by me:***") });
    expect(known(secrets)).toBe(true);
  });
});

function known(secrets: Secrets): boolean {
  return secrets.values.includes(password);
}
