import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { gitEnv } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { draftOf, never, script, type Writing, writerOf, writing } from "./writing.ts";

const fallback = { name: "release-sentinel", email: "noreply@release-sentinel.invalid" };

/** A folder with a new ssh key; answers the key's path. */
function sshKey(passphrase = ""): string {
  const key = join(tempFolder(), "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", key]);
  return key;
}

function signsWithSsh({ repo }: Writing, key: string): void {
  const allowed = `${key}.allowed`;
  writeFileSync(allowed, `author@example.com ${readFileSync(`${key}.pub`, "utf8")}`);
  repo.git("config", "gpg.format", "ssh");
  repo.git("config", "user.signingKey", `${key}.pub`);
  repo.git("config", "gpg.ssh.allowedSignersFile", allowed);
}

/** A folder for everybody's temporary files. */
function ownTemporary(): string {
  const folder = tempFolder();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return folder;
}

/** Everything that signing could leave behind. */
function traces({ repo }: Writing, temporary: string): string {
  const files = readdirSync(temporary, { recursive: true });
  return `${repo.git("count-objects", "-v")}${repo.git("for-each-ref")}${files.join(" ")}`;
}

describe("signing with an ssh key", () => {
  it.each(["tag.gpgSign", "tag.forceSignAnnotated"])("is done where %s asks for it", async (setting) => {
    const world = writing();
    signsWithSsh(world, sshKey());
    world.repo.git("config", setting, "true");
    expect(await world.writer.probeSigning("auto", fallback, never)).toBeNull();
    await world.writer.createTag(draftOf(world.repo), never);
    expect(verified(world)).toMatch(/Good "git" signature for author@example\.com/);
    expect(await world.writer.tag("v1.0.0", never)).toMatchObject({ words: { tagger: "Test Author" } });
  });

  it("is done on request, and not done on request", async () => {
    const world = writing();
    signsWithSsh(world, sshKey());
    world.repo.git("config", "gpg.format", "openpgp");
    await world.writer.createTag(draftOf(world.repo, { sign: "ssh" }), never);
    expect(verified(world)).toMatch(/Good "git" signature/);
    world.repo.git("config", "tag.gpgSign", "true");
    expect(await world.writer.probeSigning("never", fallback, never)).toBeNull();
    await world.writer.createTag(draftOf(world.repo, { name: "v2.0.0", sign: "never" }), never);
    expect(world.repo.git("cat-file", "tag", "v2.0.0")).not.toContain("BEGIN");
  });

  it("is tried without leaving anything", async () => {
    const world = writing();
    signsWithSsh(world, sshKey());
    const temporary = ownTemporary();
    const before = traces(world, temporary);
    const { writer } = writerOf(world.repo, { TMPDIR: temporary });
    expect(await writer.probeSigning("ssh", fallback, never)).toBeNull();
    expect(traces(world, temporary)).toBe(before);
  });

  it("is known not to work when the key needs a passphrase, without anything being asked", async () => {
    const asked = join(tempFolder(), "asked");
    const askpass = script(join(tempFolder(), "askpass"), `echo yes > ${asked}; exit 1`);
    const world = writing({ SSH_ASKPASS: askpass, DISPLAY: ":7" });
    signsWithSsh(world, sshKey(["open", "sesame"].join(" ")));
    const temporary = ownTemporary();
    const before = traces(world, temporary);
    expect(await world.writer.probeSigning("ssh", fallback, never)).toMatchObject({
      message: expect.stringMatching(/^signing does not work here: Load key .*: incorrect passphrase/),
      remedy: expect.stringContaining("unlock the signing key"),
    });
    expect(traces(world, temporary)).toBe(before);
    await expect(world.writer.createTag(draftOf(world.repo, { sign: "ssh" }), never)).rejects.toThrow(
      /v1\.0\.0 was not created: /,
    );
    expect(world.repo.git("tag", "--list")).toBe("");
    expect(existsSync(asked)).toBe(false);
  });

  it("is known not to work without a key", async () => {
    const world = writing();
    expect(await world.writer.probeSigning("ssh", fallback, never)).toMatchObject({
      message: expect.stringContaining("user.signingkey"),
    });
  });

  it("is tried where git's settings name nobody", async () => {
    const unset = { GIT_COMMITTER_NAME: undefined, GIT_COMMITTER_EMAIL: undefined };
    const world = writing();
    signsWithSsh(world, sshKey());
    const { writer } = writerOf(world.repo, {
      ...unset,
      GIT_AUTHOR_NAME: undefined,
      GIT_AUTHOR_EMAIL: undefined,
    });
    expect(await writer.probeSigning("ssh", fallback, never)).toBeNull();
  });
});

const gpg = spawnSync("gpg", ["--version"]).status === 0;
const required = process.env["RS_TEST_REQUIRE"] === "all";

describe.skipIf(!gpg && !required)("signing with gpg (needs gpg)", () => {
  it("is done with the user's key", async () => {
    const world = writing({ GNUPGHOME: gpgHome("") });
    expect(await world.writer.probeSigning("gpg", fallback, never)).toBeNull();
    await world.writer.createTag(draftOf(world.repo, { sign: "gpg" }), never);
    expect(world.repo.git("cat-file", "tag", "v1.0.0")).toContain("-----BEGIN PGP SIGNATURE-----");
  });

  it("is known not to work when the key needs a passphrase", async () => {
    const world = writing({ GNUPGHOME: gpgHome("open sesame"), DISPLAY: ":7", GPG_TTY: "/dev/tty" });
    const temporary = ownTemporary();
    const before = traces(world, temporary);
    expect(await world.writer.probeSigning("gpg", fallback, never)).toMatchObject({
      message: expect.stringMatching(/^signing does not work here: .*gpg/),
    });
    expect(traces(world, temporary)).toBe(before);
  });

  it("is known not to work without a key", async () => {
    const home = tempFolder();
    chmodSync(home, 0o700);
    const world = writing({ GNUPGHOME: home });
    expect(await world.writer.probeSigning("gpg", fallback, never)).toMatchObject({
      message: expect.stringContaining("gpg failed to sign the data"),
    });
  });
});

/** A gpg home with one key. Its path is short: sockets lie in it. */
function gpgHome(passphrase: string): string {
  const home = tempFolder("gpg-");
  chmodSync(home, 0o700);
  const env = { ...gitEnv, GNUPGHOME: home };
  const options = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase];
  const key = ["--quick-generate-key", "Test Author <author@example.com>", "ed25519", "sign", "never"];
  execFileSync("gpg", [...options, ...key], { env, stdio: "ignore" });
  const stop = () => spawnSync("gpgconf", ["--kill", "all"], { env });
  // The agent has the passphrase in its memory now.
  stop();
  onTestFinished(() => {
    stop();
  });
  return home;
}

function verified({ repo }: Writing): string {
  const { stderr } = spawnSync("git", ["tag", "-v", "v1.0.0"], { cwd: repo.path, env: gitEnv });
  return stderr.toString();
}
