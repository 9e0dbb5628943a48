import { describe, expect, it } from "vitest";
import type { GitHubServerOptions } from "../../../support/github-server.ts";
import type { SeedRelease } from "../../../support/github-state.ts";
import { answers, forgeOf, look, messages, released, sumsOf } from "./world.ts";

const files = [
  { name: "app.tgz", content: "the application" },
  { name: "RELEASE_NOTES.md", content: "# notes" },
];
const sums = (content: string) => ({ name: "SHA256SUMS", content });

function release(given: Partial<SeedRelease> = {}): SeedRelease {
  return { tag: "v1.2.3", assets: [...files, sums(sumsOf(files))], ...given };
}

async function ask(
  releases: readonly SeedRelease[],
  options: Partial<GitHubServerOptions> = {},
  request: Parameters<typeof look>[1] = {},
) {
  const repo = released(request.tag ?? "v1.2.3");
  const { server, forge } = await forgeOf(repo, { releases, ...options });
  const reading = await look(repo.path, request, { forge });
  return { server, reading, said: messages(reading) };
}

describe("the release on GitHub", () => {
  it("is published, and its assets are what SHA256SUMS says", async () => {
    const { server, reading, said } = await ask([release()]);
    expect(answers(reading)).toMatchObject({ release: "ok", "release.assets": "ok", "release.sums": "ok" });
    expect(said).toContain("ok: 2 assets are what SHA256SUMS says");
    expect(reading.release).toMatchObject({
      url: "https://github.example/octo/demo/releases/tag/v1.2.3",
      repository: "octo/demo",
    });
    expect(server.violations).toEqual([]);
  });

  it("is not there, or still a draft", async () => {
    const { said: none, reading } = await ask([], {}, { environment: "prod" });
    expect(none).toContain("fail: There is no GitHub Release v1.2.3");
    expect(reading.findings.find(({ question }) => question === "release")?.remedy).toBe(
      "release-sentinel release --env prod --version v1.2.3",
    );
    const { said } = await ask([release({ draft: true })]);
    expect(said).toContain("fail: GitHub Release v1.2.3 is still a draft");
  });

  it("is not needed for a rehearsal", async () => {
    const { reading } = await ask([], {}, { tag: "v1.2.3-test", rehearsal: true });
    expect(answers(reading)).toMatchObject({ release: "skipped" });
  });

  it("is hashed from what can be downloaded, where GitHub tells no digests, and the token stays with GitHub", async () => {
    const { server, said } = await ask([release()], { noDigests: true });
    expect(said).toContain("ok: 2 assets are what SHA256SUMS says, 2 of them downloaded for it");
    expect(server.violations).toEqual([]);
    const other = [{ name: "app.tgz", content: "something else" }, files[1] ?? files[0], sums(sumsOf(files))];
    const changed = await ask([release({ assets: other as never })], { noDigests: true });
    expect(changed.said).toContain("fail: app.tgz is not what SHA256SUMS says");
  });

  it("has every difference named, not only the first", async () => {
    const { said } = await ask([
      release({
        assets: [
          { name: "app.tgz", content: "changed" },
          { name: "extra.zip", content: "who knows" },
          { name: "half.zip", content: "", state: "starter" },
          sums(sumsOf([...files, { name: "gone.bin", content: "x" }])),
        ],
      }),
    ]);
    expect(said).toContain("half.zip is not uploaded to its end (starter)");
    expect(said).toContain("RELEASE_NOTES.md is in SHA256SUMS, and not there");
    expect(said).toContain("gone.bin is in SHA256SUMS, and not there");
    expect(said).toContain("extra.zip is not in SHA256SUMS");
    expect(said).toContain("app.tgz is not what SHA256SUMS says");
  });

  it("is not what it should be where a name leads elsewhere: it is named, and followed nowhere", async () => {
    const evil = sums(`${sumsOf(files)}${"0".repeat(64)}  ../x\n${"0".repeat(64)}  /etc/passwd\nnonsense\n`);
    const { said, server } = await ask([release({ assets: [...files, evil] })]);
    expect(said).toContain(`SHA256SUMS has a line that names no asset: ${"0".repeat(64)}  ../x`);
    expect(said).toContain("/etc/passwd");
    expect(server.requests.map(({ path }) => path).join("\n")).not.toContain("..");
    const named = await ask([
      release({ assets: [...files, { name: "../x", content: "x" }, sums(sumsOf(files))] }),
    ]);
    expect(named.said).toContain('"../x" is no name of a file');
  });

  it("needs a SHA256SUMS as soon as it has assets", async () => {
    expect((await ask([release({ assets: files })])).said).toContain("fail: The release has no SHA256SUMS");
    expect((await ask([release({ assets: [] })])).said).toContain("notice: The release has no assets");
  });

  it("may have what the ritual itself has added", async () => {
    const added = ["release-v1.2.3.tar.gz", "release-v1.2.3.json", "VERIFICATION-v1.2.3.md"];
    const assets = [...files, sums(sumsOf(files)), ...added.map((name) => ({ name, content: name }))];
    expect(answers((await ask([release({ assets })])).reading)).toMatchObject({ "release.sums": "ok" });
  });

  it("may have what the ritual was putting there when it ended", async () => {
    const half = { name: "release-v1.2.3.tar.gz", content: "", state: "starter" as const };
    const assets = [...files, sums(sumsOf(files)), half];
    const { said, reading } = await ask([release({ assets })]);
    expect(answers(reading)).toMatchObject({ "release.assets": "ok", "release.sums": "ok" });
    expect(said).toContain("ok: 3 assets, all uploaded");
  });

  it("may itself have an asset that is called as the ritual's are", async () => {
    const own = { name: "release-v1.2.3.tar.gz", content: "the project's own" };
    const list = sums(sumsOf([...files, own]));
    expect((await ask([release({ assets: [...files, own, list] })])).said).toContain(
      "ok: 3 assets are what SHA256SUMS says",
    );
    const other = { ...own, content: "somebody else's" };
    expect((await ask([release({ assets: [...files, other, list] })])).said).toContain(
      "fail: release-v1.2.3.tar.gz is not what SHA256SUMS says",
    );
  });

  it("is for another commit than the remote's tag", async () => {
    const { said } = await ask([release()], { tags: { "v1.2.3": "b".repeat(40) } });
    expect(said).toContain("fail: On GitHub, tag v1.2.3 is at bbbbbbb");
  });

  it("is unknown where GitHub does not answer, and only warns where that is the policy", async () => {
    const faults = () => ({ status: 500 });
    expect(answers((await ask([release()], { faults })).reading)).toMatchObject({ release: "unknown" });
    const warned = await ask([release()], { faults }, { forge: "warn" });
    expect(answers(warned.reading)).toMatchObject({ release: "warn" });
    const refused = await ask([release()], { faults: () => ({ status: 403 }) });
    expect(answers(refused.reading)).toMatchObject({ release: "unknown" });
  });

  it("is not looked at without a token, and that is said; where it is demanded, that is a failure", async () => {
    const repo = released();
    expect(messages(await look(repo.path))).toContain(
      "skipped: The GitHub Release was not looked at: no GITHUB_TOKEN",
    );
    expect(answers(await look(repo.path, { forge: "require" }))).toMatchObject({ release: "fail" });
    const { server, reading } = await ask([], {}, { forge: "never" });
    expect(answers(reading)).toMatchObject({ release: "skipped" });
    expect(server.requests).toEqual([]);
  });
});
