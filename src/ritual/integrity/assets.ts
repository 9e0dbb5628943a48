import { createHash } from "node:crypto";
import type { GitHubAsset, GitHubReader } from "../../clients/github/types.ts";
import { printable } from "../../core/text.ts";
import type { IntegrityFinding } from "./model.ts";
import { isPlainName, readSums, type Sums } from "./sums.ts";
import { fail, ok } from "./tag.ts";

const sumsName = "SHA256SUMS";
const longestSums = 4 * 1024 * 1024;
/** Of what is downloaded to be hashed, where GitHub tells no digest. */
const mostHashed = 4 * 1024 * 1024 * 1024;
const mostNamed = 20;

/** Are the assets whole, and those that SHA256SUMS speaks of? */
export async function judgeAssets(
  github: GitHubReader,
  { tag, assets }: { readonly tag: string; readonly assets: readonly GitHubAsset[] },
  signal: AbortSignal,
): Promise<readonly IntegrityFinding[]> {
  // What the ritual was putting there when it ended, it puts there again.
  const uploaded = judgeUploads(assets.filter(({ name }) => !isOurs(name, tag)));
  const there = assets.filter(({ state }) => state === "uploaded");
  const file = there.find(({ name }) => name === sumsName);
  const others = there.filter(({ name }) => name !== sumsName && !isOurs(name, tag));
  if (!file) {
    if (others.length === 0)
      return [uploaded, { ...ok("release.sums", "The release has no assets"), status: "notice" }];
    const remedy = `release with release-sentinel release, which adds it; or: sha256sum FILES > ${sumsName} && gh release upload ${tag} ${sumsName}`;
    return [
      uploaded,
      fail("release.sums", `The release has no ${sumsName}: nothing says what its assets should be`, remedy),
    ];
  }
  const text = await readText(github, file, signal);
  if (typeof text !== "string") return [uploaded, text];
  const sums = readSums(text);
  // A released asset may be called as ours are: then its hash is there.
  const named = there.filter(({ name }) => isOurs(name, tag) && sums.byName.has(name));
  return [uploaded, await compare(github, [...others, ...named], sums, { tag, signal })];
}

/** What the ritual itself adds to a release that is out. */
function isOurs(name: string, tag: string): boolean {
  return [
    `release-${tag}.tar.gz`,
    `release-${tag}.json`,
    `VERIFICATION-${tag}.md`,
    `VERIFICATION-${tag}.json`,
  ].includes(name);
}

function judgeUploads(assets: readonly GitHubAsset[]): IntegrityFinding {
  const broken = assets.filter(({ state }) => state !== "uploaded");
  const strange = assets.filter(({ name }) => !isPlainName(name));
  const said = [
    ...broken.map(
      ({ name, state }) => `${printable(name, 200)} is not uploaded to its end (${printable(state, 30)})`,
    ),
    ...strange.map(({ name }) => `"${printable(name, 200)}" is no name of a file`),
  ];
  if (said.length > 0)
    return fail(
      "release.assets",
      `Assets: ${some(said)}`,
      "delete what is broken on the release's page, and run release-sentinel release again",
    );
  return ok("release.assets", `${assets.length} assets, all uploaded`);
}

async function compare(
  github: GitHubReader,
  assets: readonly GitHubAsset[],
  { byName, wrong }: Sums,
  { tag, signal }: { readonly tag: string; readonly signal: AbortSignal },
): Promise<IntegrityFinding> {
  const names = new Set(assets.map(({ name }) => name));
  const said = [
    ...wrong.map((line) => `${sumsName} has a line that names no asset: ${line}`),
    ...[...byName.keys()]
      .filter((name) => !names.has(name))
      .map((name) => `${printable(name, 200)} is in ${sumsName}, and not there`),
    ...assets
      .filter(({ name }) => !byName.has(name))
      .map(({ name }) => `${printable(name, 200)} is not in ${sumsName}`),
  ];
  let left = mostHashed;
  let hashed = 0;
  for (const asset of assets) {
    const expected = byName.get(asset.name);
    if (expected === undefined) continue;
    if (asset.digest === null) {
      left -= asset.bytes;
      hashed += 1;
    }
    if (left < 0) return tooMuch(tag);
    const actual = asset.digest?.replace(/^sha256:/, "") ?? (await hashOf(github, asset, signal));
    if (actual !== expected)
      said.push(
        `${printable(asset.name, 200)} is not what ${sumsName} says: ${actual.slice(0, 12)} instead of ${expected.slice(0, 12)}`,
      );
  }
  const remedy = `find out who changed them: gh release view ${tag} --json assets; a released asset is never replaced, so release the next version`;
  if (said.length > 0) return fail("release.sums", some(said), remedy);
  const how = hashed > 0 ? `, ${hashed} of them downloaded for it` : "";
  return ok("release.sums", `${byName.size} assets are what ${sumsName} says${how}`);
}

async function readText(
  github: GitHubReader,
  file: GitHubAsset,
  signal: AbortSignal,
): Promise<string | IntegrityFinding> {
  if (file.bytes > longestSums)
    return fail(
      "release.sums",
      `${sumsName} has ${file.bytes} bytes: that is no list of hashes`,
      "see what it is, on the release's page",
    );
  const parts: Buffer[] = [];
  await github.download(file, (part) => void parts.push(Buffer.from(part)), signal);
  const bytes = Buffer.concat(parts);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (file.digest !== null && file.digest !== digest)
    return fail(
      "release.sums",
      `${sumsName} is not what GitHub says it is`,
      "run the ritual again; see what stands between this machine and GitHub",
    );
  return bytes.toString("utf8");
}

async function hashOf(github: GitHubReader, asset: GitHubAsset, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await github.download(asset, (part) => void hash.update(part), signal);
  return hash.digest("hex");
}

function tooMuch(tag: string): IntegrityFinding {
  return {
    question: "release.sums",
    status: "unknown",
    message: "GitHub tells no digests here, and the assets are too large to be downloaded for their hashes",
    remedy: `compare them by hand: gh release download ${tag} && sha256sum --check SHA256SUMS; then ritual.release: warn`,
  };
}

function some(said: readonly string[]): string {
  const rest = said.length - mostNamed;
  return [...said.slice(0, mostNamed), ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}
