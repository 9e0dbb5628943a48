import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changedSince, makeArchive, readMade } from "../../../../src/ritual/archive/make.ts";
import { readManifest } from "../../../../src/ritual/archive/manifest.ts";
import { packArchive } from "../../../../src/ritual/archive/pack.ts";
import fc from "../../../support/property.ts";
import { tempFolder } from "../../../support/temp.ts";
import { fill, including, made, never, nothing, releaseFolder, subject } from "./world.ts";

const tar = "archive/release-v1.2.3.tar.gz";

function listed(path: string): string[] {
  return execFileSync("tar", ["tzf", path], { encoding: "utf8" }).trim().split("\n");
}

describe("a release's archive", () => {
  it("has everything in the folder, by name, with a manifest and sums that sha256sum takes", async () => {
    const folder = releaseFolder();
    await makeArchive(folder, subject, nothing, never);
    expect(listed(join(folder.path, tar))).toEqual([
      "release-v1.2.3/CHANGELOG-v1.2.3.md",
      "release-v1.2.3/MANIFEST.json",
      "release-v1.2.3/SHA256SUMS",
      "release-v1.2.3/dashboard/index.html",
      "release-v1.2.3/release.json",
    ]);
    const to = tempFolder();
    execFileSync("tar", ["xzf", join(folder.path, tar), "-C", to]);
    const checked = execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], {
      cwd: join(to, "release-v1.2.3"),
      encoding: "utf8",
    });
    expect(checked).toContain("dashboard/index.html: OK");
    expect(checked).toContain("MANIFEST.json: OK");
    const manifest = JSON.parse(readFileSync(join(to, "release-v1.2.3/MANIFEST.json"), "utf8"));
    expect(manifest).toMatchObject({ tag: "v1.2.3", commit: subject.commit, rehearsal: false });
    expect(manifest.files[0]).toMatchObject({ name: "CHANGELOG-v1.2.3.md", bytes: 9, what: "changelog" });
  });

  it("belongs to nobody, and is as old as the tag", async () => {
    const folder = releaseFolder();
    await makeArchive(folder, subject, nothing, never);
    const lines = execFileSync(
      "tar",
      ["tvzf", join(folder.path, tar), "--numeric-owner", "--utc", "--full-time"],
      { encoding: "utf8" },
    )
      .trim()
      .split("\n");
    for (const line of lines) expect(line).toMatch(/^-rw-r--r-- 0\/0 .* 2026-11-21 09:00:00 /);
  });

  it("is the same, byte for byte, whatever order and time its files were made in", async () => {
    const name = fc
      .stringMatching(/^[a-zäß日 0-9]{1,12}(\/[a-z0-9]{1,110}){0,2}$/)
      .map((one) => `x/${one.trim() || "y"}.txt`);
    const files = fc.uniqueArray(fc.tuple(name, fc.string({ unit: "binary" })), {
      selector: ([one]) => one,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(files, fc.infiniteStream(fc.nat()), async (some, order) => {
        const shuffled = [...some]
          .map((one) => [order.next().value, one] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, one]) => one);
        const [one, other] = await Promise.all(
          [some, shuffled].map((all) =>
            makeArchive(releaseFolder(Object.fromEntries(all)), subject, nothing, never),
          ),
        );
        expect(one?.card).toEqual(other?.card);
      }),
      { numRuns: 12 },
    );
  });

  it("is the same on every Node and every machine", async () => {
    const { card } = await makeArchive(releaseFolder(), subject, nothing, never);
    // Of the tar alone: what gzip makes of it differs with zlib.
    expect(card.tar.sha256).toBe("e9e5f46c47035c9e59d61c4952d84f8fd84a49151d23c3444046021567f50a24");
  });

  it("is another one as soon as a byte is", async () => {
    const [one, other] = await Promise.all(
      ["a", "b"].map((text) =>
        makeArchive(releaseFolder({ ...made, "metrics.json": text }), subject, nothing, never),
      ),
    );
    expect(one?.card.tar.sha256).not.toBe(other?.card.tar.sha256);
  });

  it("does not hold what comes after it: itself, what was sent, the log", async () => {
    const folder = releaseFolder();
    const first = await makeArchive(folder, subject, nothing, never);
    fill(folder.path, {
      "broadcast/SLACK_WEBHOOK_URL.json": "{}",
      "VERIFICATION-v1.2.3.md": "x",
      ".restore-x/a": "x",
    });
    expect(await changedSince(first, folder, never)).toEqual([]);
    expect((await makeArchive(folder, subject, nothing, never)).card).toEqual(first.card);
  });

  it("says what is not as it was", async () => {
    const folder = releaseFolder();
    const first = await makeArchive(folder, subject, nothing, never);
    fill(folder.path, { "release.json": "{ }", "metrics.json": "{}" });
    expect(await changedSince(first, folder, never)).toEqual(["metrics.json", "release.json"]);
  });

  it("is none of another commit, nor of a rehearsal", async () => {
    const folder = releaseFolder();
    await makeArchive(folder, subject, nothing, never);
    expect(readMade(folder, subject)).not.toBeNull();
    expect(readMade(folder, { ...subject, commit: "f".repeat(40) })).toBeNull();
    expect(readMade(folder, { ...subject, rehearsal: true })).toBeNull();
  });

  it("takes a file of 192 MB in parts", async () => {
    const folder = releaseFolder();
    const path = join(folder.path, "data/large.bin");
    fill(folder.path, { "data/large.bin": "" });
    truncateSync(path, 192 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    const { card } = await makeArchive(folder, subject, nothing, never);
    clearInterval(timer);
    expect(card.tar.bytes).toBeGreaterThan(192 * 1024 * 1024);
    expect(most).toBeLessThan(128 * 1024 * 1024);
  });

  it("leaves nothing half behind when the disk is full", () => {
    const folder = releaseFolder({ ...made, "data/large.bin": "" });
    // Nothing compresses this to less than the limit.
    writeFileSync(join(folder.path, "data/large.bin"), randomBytes(300_000));
    const script = join(import.meta.dirname, "make-archive.ts");
    const told = execFileSync(
      "bash",
      ["-c", `ulimit -f 100; "$0" "$@"`, process.execPath, script, folder.path],
      { encoding: "utf8" },
    );
    expect(told).toContain("the archive cannot be written in");
    expect(told).toContain("the file may not become so large");
    expect(readdirSync(join(folder.path, "archive"))).toEqual([]);
  });

  it("leaves nothing half behind when it is stopped", async () => {
    const folder = releaseFolder({ ...made, "data/large.bin": "" });
    truncateSync(join(folder.path, "data/large.bin"), 100 * 1024 * 1024);
    const stop = new AbortController();
    const making = makeArchive(folder, subject, nothing, stop.signal);
    const timer = setInterval(() => {
      if (existsSync(join(folder.path, `${tar}.tmp`))) stop.abort(new Error("enough"));
    }, 1);
    await expect(making).rejects.toThrow("enough");
    clearInterval(timer);
    expect(readdirSync(join(folder.path, "archive"))).toEqual([]);
  });

  it("is not made of more files than are unpacked again", async () => {
    const folder = releaseFolder();
    const names = Array.from({ length: 20_000 }, (_, i) => `own/${i}.txt`);
    const crowded = { ...folder, list: () => names };
    await expect(makeArchive(crowded, subject, nothing, never)).rejects.toThrow(
      "the archive has 20002 files, and may have 20000",
    );
  });

  it("is given up at once where its file cannot be opened, however large it is", async () => {
    const folder = releaseFolder({ "large.bin": randomBytes(2_000_000).toString("hex") });
    await makeArchive(folder, subject, nothing, never);
    const manifest = readManifest(folder, subject);
    if (manifest === null) throw new Error("no manifest");
    const to = join(folder.path, "not-there", "archive.tar.gz");
    await expect(packArchive(manifest, { root: folder.path, to, signal: never })).rejects.toThrow("ENOENT");
  });
});

describe("files of the work tree in an archive", () => {
  it("are copied to where they are found again", async () => {
    const root = tempFolder();
    fill(root, {
      "dist/app.tgz": "app",
      "reports/a.json": "1",
      "reports/deep/b.json": "2",
      "reports/c.txt": "3",
      "reports/deep/kept.json.tmp": "4",
    });
    const folder = releaseFolder();
    const { manifest } = await makeArchive(
      folder,
      subject,
      including(root, ["dist/app.tgz", "reports/**/*.json", "reports/**/*.tmp"]),
      never,
    );
    const names = manifest.files.map(({ name }) => name).filter((name) => name.startsWith("files/"));
    expect(names).toEqual([
      "files/dist/app.tgz",
      "files/reports/a.json",
      "files/reports/deep/b.json",
      "files/reports/deep/kept.json.tmp",
    ]);
  });

  it.each(["../x", "/etc/passwd", "a/../../x", ".git/config", "C:\\x"])(
    "are never outside of it: %s",
    async (pattern) => {
      const failure = makeArchive(releaseFolder(), subject, including(tempFolder(), [pattern]), never);
      await expect(failure).rejects.toThrow(/leads out of the work tree/);
    },
  );

  it("that a pattern does not name are missed, by that pattern", async () => {
    const root = tempFolder();
    fill(root, { "sbom.json": "{}" });
    const failure = makeArchive(
      releaseFolder(),
      subject,
      including(root, ["sbom.json", "reports/*.xml"]),
      never,
    );
    await expect(failure).rejects.toThrow("ritual.archive.include: reports/*.xml names no file");
  });

  it("are refused where they are links that lead out, pipes or devices", async () => {
    const root = tempFolder();
    mkdirSync(join(root, "reports"));
    symlinkSync("/etc/passwd", join(root, "reports/out.json"));
    const linked = makeArchive(releaseFolder(), subject, including(root, ["reports/*"]), never);
    await expect(linked).rejects.toThrow("reports/out.json is a link that leads out of the work tree");
    execFileSync("mkfifo", [join(root, "pipe")]);
    const piped = makeArchive(releaseFolder(), subject, including(root, ["pipe"]), never);
    await expect(piped).rejects.toThrow("pipe is no ordinary file");
  });

  it("may be links that stay inside: what they lead to is archived", async () => {
    const root = tempFolder();
    fill(root, { "build/1/app": "app" });
    symlinkSync("build/1/app", join(root, "app"));
    const folder = releaseFolder();
    await makeArchive(folder, subject, including(root, ["app"]), never);
    expect(folder.read("files/app")?.toString()).toBe("app");
  });

  it("are refused when they hold the value of a secret, wherever in them", async () => {
    const root = tempFolder();
    const secret = ["open", "sesame", "now"].join("-");
    fill(root, { "report.txt": `${"x".repeat(256 * 1024 - 5)}${secret} rest` });
    const folder = releaseFolder();
    const failure = makeArchive(folder, subject, including(root, ["report.txt"], secret), never);
    await expect(failure).rejects.toThrow("report.txt holds the value of a secret");
    expect(folder.list()).toEqual(Object.keys(made).sort());
  });

  it("are those that are named now, and none that an earlier run included", async () => {
    const root = tempFolder();
    fill(root, { "dist/app.tgz": "app", "dist/notes.txt": "x" });
    const folder = releaseFolder();
    await makeArchive(folder, subject, including(root, ["dist/*"]), never);
    const { manifest } = await makeArchive(folder, subject, including(root, ["./dist/*.tgz"]), never);
    const names = manifest.files.map(({ name }) => name).filter((name) => name.startsWith("files/"));
    expect(names).toEqual(["files/dist/app.tgz"]);
  });

  it("leave no drafts of a run that was killed while it copied them", async () => {
    const root = tempFolder();
    fill(root, { "dist/app.tgz": "app" });
    const draft = `files/dist/app.tgz.${randomUUID()}.tmp`;
    const folder = releaseFolder({ ...made, [draft]: "half" });
    await makeArchive(folder, subject, including(root, ["dist/*"]), never);
    expect(folder.list()).not.toContain(draft);
    expect(folder.list()).toContain("files/dist/app.tgz");
  });

  it("may come from the archive, where a fresh machine has not made them again", async () => {
    const folder = releaseFolder({ ...made, "files/dist/app.tgz": "app" });
    const { manifest } = await makeArchive(folder, subject, including(tempFolder(), ["dist/*.tgz"]), never);
    expect(manifest.files.map(({ name }) => name)).toContain("files/dist/app.tgz");
  });
});
