import type { GitHubAsset, GitHubRelease } from "../clients/github/types.ts";
import type { FileBody } from "../clients/readers.ts";
import { type Proof, StepFailure } from "../core/step.ts";
import { count, printable } from "../core/text.ts";
import type { FileAsset, TextAsset } from "./publish-request.ts";
import type { Session } from "./publish-world.ts";

const atOnce = 4;
/** GitHub takes files below this, and none that is empty. */
const largestBytes = 2 ** 31;

/** An asset as it should be there. */
export interface Wanted {
  readonly name: string;
  readonly bytes: number;
  /** `sha256:…`; null while it is still to be built. */
  readonly digest: string | null;
  readonly body: string | FileBody;
  readonly contentType: string;
}

/** What an upload takes: the asset, and what has to go before. */
interface Missing {
  readonly wanted: Wanted;
  readonly instead: GitHubAsset | null;
}

export interface Comparison {
  /** Not there, or left behind by an upload that failed. */
  readonly missing: readonly Missing[];
  /** There, with other content. */
  readonly different: readonly Missing[];
}

export async function wantedAssets(given: readonly (FileAsset | TextAsset)[]): Promise<readonly Wanted[]> {
  const { createHash } = await import("node:crypto");
  return given.map((asset) => {
    const { name, contentType = contentTypeOf(name) } = asset;
    if ("content" in asset) {
      const digest = `sha256:${createHash("sha256").update(asset.content).digest("hex")}`;
      const body = asset.content;
      return { name, contentType, digest, body, bytes: Buffer.byteLength(body) };
    }
    const { path, bytes, sha256 } = asset;
    const digest = path === null ? null : `sha256:${sha256}`;
    return { name, contentType, digest, body: { file: path ?? "", bytes }, bytes };
  });
}

export function compareAssets(wanted: readonly Wanted[], there: readonly GitHubAsset[]): Comparison {
  const missing: Missing[] = [];
  const different: Missing[] = [];
  const byName = new Map(there.map((asset) => [asset.name, asset]));
  for (const one of wanted) {
    const asset = byName.get(one.name);
    if (asset?.state !== "uploaded") missing.push({ wanted: one, instead: asset ?? null });
    else if (!isSame(one, asset)) different.push({ wanted: one, instead: asset });
  }
  return { missing, different };
}

/** What is still to be built cannot be compared: that it is there is all that can be known. */
function isSame({ digest, bytes }: Wanted, asset: GitHubAsset): boolean {
  if (digest === null) return true;
  return asset.bytes === bytes && (asset.digest === null || asset.digest === digest);
}

/** What GitHub would not take, or would not keep as it is. */
export function assetProofs(wanted: readonly Wanted[]): readonly Proof[] {
  const names = wanted.map(({ name }) => name);
  return wanted.flatMap(({ name, bytes, digest }, i): Proof[] => {
    const shown = printable(name, 200);
    const refused = (what: string, remedy: string): Proof[] => [
      { state: "conflict", message: `asset ${shown} ${what}`, remedy },
    ];
    if (!/^[\w+@~-][\w.+@~-]*$/.test(name) || name.endsWith(".")) {
      return refused(
        "would get another name on GitHub",
        "use letters, digits and . _ - + @ ~ only in the names of assets",
      );
    }
    if (names.indexOf(name) !== i) return refused("is there twice", "give each asset a name of its own");
    if (digest === null) return [];
    if (bytes === 0)
      return refused("is empty: GitHub takes no empty file", "leave it out of `release.assets`");
    if (bytes >= largestBytes)
      return refused("has 2 GiB or more: GitHub does not take it", "split or compress it");
    return [];
  });
}

/** Uploads what is missing, several at once. An upload that was begun is let end, so that a failure of another leaves less to do. */
export async function uploadAssets(
  session: Session,
  release: GitHubRelease,
  all: readonly Missing[],
  signal: AbortSignal,
): Promise<void> {
  const queue = [...all];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next && failures.length === 0; next = queue.shift()) {
      await upload(session, release, next, signal).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}

async function upload(
  session: Session,
  release: GitHubRelease,
  { wanted, instead }: Missing,
  signal: AbortSignal,
): Promise<void> {
  const { github } = session;
  const { name, contentType, body } = wanted;
  const remove = async (asset: GitHubAsset) => {
    // Somebody else may have published it since: what people have downloaded stays as it is.
    const current = asset.state === "uploaded" ? await github.release(release.id, signal) : null;
    if (current && !current.draft) throw published(wanted);
    await github.certain(
      () => github.deleteAsset(asset.id, signal),
      async () => null,
      signal,
    );
  };
  if (instead) await remove(instead);
  const seen = async () => {
    const there = (await github.assets(release.id, signal)).find((asset) => asset.name === name);
    if (!there) return null;
    if (there.state === "uploaded" && isSame(wanted, there)) return there;
    await remove(there);
    return null;
  };
  const stored = await github.certain(
    () => github.upload(release, { name, contentType, body }, signal),
    seen,
    signal,
  );
  if (stored.name === name && stored.state === "uploaded" && isSame(wanted, stored)) return;
  if (release.draft) await remove(stored);
  throw new StepFailure(
    `asset ${printable(name, 200)} arrived on GitHub with other content (${count(stored.bytes, "byte")}, ${printable(stored.digest ?? "no digest", 80)})`,
    "let nothing change the assets while they are uploaded, and run the same command again",
  );
}

function published({ name }: Wanted): StepFailure {
  return new StepFailure(
    `asset ${printable(name, 200)} is published with other content meanwhile: it is not replaced`,
    "see who released the same version from other files, and release the next one",
  );
}

function contentTypeOf(name: string): string {
  const ending = /[^.]*$/.exec(name.toLowerCase())?.[0] ?? "";
  return contentTypes[ending] ?? (name === "SHA256SUMS" ? "text/plain" : "application/octet-stream");
}

const contentTypes: Readonly<Record<string, string>> = {
  gz: "application/gzip",
  html: "text/html",
  json: "application/json",
  md: "text/markdown",
  tgz: "application/gzip",
  txt: "text/plain",
  xml: "application/xml",
  zip: "application/zip",
};
