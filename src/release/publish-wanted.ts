import type { GitHubAsset } from "../clients/github/types.ts";
import type { FileBody } from "../clients/readers.ts";
import type { Proof } from "../core/step.ts";
import { printable } from "../core/text.ts";
import type { FileAsset, TextAsset } from "./publish-request.ts";

/** GitHub takes files below this, and none that is empty. */
const largestBytes = 2 ** 31;

/** An asset as it should be there. */
export interface WantedAsset {
  readonly name: string;
  readonly bytes: number;
  /** `sha256:…` */
  readonly digest: string;
  readonly body: string | FileBody;
  readonly contentType: string;
}

/** All that a release should hold. */
export interface Wanted {
  readonly assets: readonly WantedAsset[];
  /** The last one: where it is, all the others are. */
  readonly seal: WantedAsset | undefined;
  /** Lower-case hex; the same for the same names and contents, whatever their order. */
  readonly build: string;
}

/** What an upload takes: the asset, and what has to go before. */
export interface Missing {
  readonly wanted: WantedAsset;
  /** What an upload that failed has left behind. */
  readonly instead: GitHubAsset | null;
}

export interface Comparison {
  /** Not there, or not whole. */
  readonly missing: readonly Missing[];
  /** There, with other content. */
  readonly different: readonly WantedAsset[];
  /** There, and asked for by nobody. */
  readonly unwanted: readonly GitHubAsset[];
}

export async function wantedOf(given: readonly (FileAsset | TextAsset)[]): Promise<Wanted> {
  const { createHash } = await import("node:crypto");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const assets = given.map((asset): WantedAsset => {
    const { name } = asset;
    const contentType = contentTypeOf(name);
    if ("content" in asset) {
      const { content } = asset;
      const digest = `sha256:${sha256(content)}`;
      return { name, contentType, digest, body: content, bytes: Buffer.byteLength(content) };
    }
    const { path, bytes } = asset;
    return { name, contentType, digest: `sha256:${asset.sha256}`, body: { file: path, bytes }, bytes };
  });
  const lines = assets.map(({ name, digest }) => `${digest} ${name}\n`).sort();
  return { assets, seal: assets.at(-1), build: sha256(lines.join("")) };
}

export function compareAssets({ assets }: Wanted, there: readonly GitHubAsset[]): Comparison {
  const missing: Missing[] = [];
  const different: WantedAsset[] = [];
  const byName = new Map(there.map((asset) => [asset.name, asset]));
  for (const wanted of assets) {
    const asset = byName.get(wanted.name);
    if (asset?.state !== "uploaded") missing.push({ wanted, instead: asset ?? null });
    else if (!isSame(wanted, asset)) different.push(wanted);
  }
  const names = new Set(assets.map(({ name }) => name));
  return { missing, different, unwanted: there.filter(({ name }) => !names.has(name)) };
}

export function isSame({ digest, bytes }: WantedAsset, asset: GitHubAsset): boolean {
  return asset.bytes === bytes && (asset.digest === null || asset.digest === digest);
}

/** What has to be said besides where GitHub tells no digest of what it has; else nothing. */
export function digestNote(there: readonly GitHubAsset[]): string {
  const untold = there.some(({ state, digest }) => state === "uploaded" && digest === null);
  return untold ? "; GitHub tells no digests here: the same size counts as the same content" : "";
}

export function namesOf(assets: readonly { readonly name: string }[]): string {
  return assets.map(({ name }) => printable(name, 200)).join(", ");
}

/** What GitHub would not take, or would not keep as it is. */
export function assetProofs({ assets }: Wanted): readonly Proof[] {
  const names = assets.map(({ name }) => name);
  return assets.flatMap(({ name, bytes }, i): Proof[] => {
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
    if (bytes === 0)
      return refused("is empty: GitHub takes no empty file", "leave it out of `release.assets`");
    if (bytes >= largestBytes)
      return refused("has 2 GiB or more: GitHub does not take it", "split or compress it");
    return [];
  });
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
