import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { type Json, least } from "./github-description.ts";
import type { SeedIssue, SeedPull } from "./github-pulls.ts";

export interface StoredAsset {
  readonly id: number;
  readonly name: string;
  readonly contentType: string;
  readonly state: "uploaded" | "starter";
  readonly bytes: number;
  readonly sha256: string;
}

export interface StoredRelease {
  readonly id: number;
  tag: string;
  target: string;
  name: string;
  body: string;
  draft: boolean;
  prerelease: boolean;
  immutable: boolean;
  readonly author: string;
  readonly createdAt: string;
  publishedAt: string | null;
  readonly assets: StoredAsset[];
  /** Looks at lists that do not show it yet. */
  hidden: number;
}

/** What a test may put there beforehand; everything has a default. */
export type SeedRelease = Partial<Omit<StoredRelease, "id" | "assets">> & {
  readonly tag: string;
  readonly assets?: readonly {
    readonly name: string;
    readonly content: string;
    readonly state?: "starter";
  }[];
};

export interface SeedRuleset {
  readonly name: string;
  readonly source?: string;
  readonly enforcement?: "active" | "evaluate" | "disabled";
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rules: readonly Json[];
  readonly bypass?: string;
}

export interface StateOptions {
  readonly repository: string;
  /** A bare repository that tags and commits are read from. */
  readonly gitDir?: string | undefined;
  /** Tags and their commits where there is no `gitDir`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly releases?: readonly SeedRelease[] | undefined;
  /** Releases become immutable when they are published. */
  readonly immutable?: boolean | undefined;
  /** How many looks at lists a new release stays out of. */
  readonly lag?: number | undefined;
  /** An API that shows no refs: some proxies and forges that speak GitHub's language do not. */
  readonly noRefs?: boolean | undefined;
  /** As an older Enterprise: no digests. */
  readonly noDigests?: boolean | undefined;
  readonly pulls?: readonly SeedPull[] | undefined;
  readonly issues?: readonly SeedIssue[] | undefined;
  /** Who wrote commits, by their full names: a login, or null for an address that is no account's. */
  readonly authors?: Readonly<Record<string, string | null>> | undefined;
}

export interface GitObject {
  readonly sha: string;
  readonly type: string;
}

/** One repository: what GitHub remembers. */
export class GitHubState {
  readonly options: StateOptions;
  readonly releases: StoredRelease[] = [];
  readonly tags: Map<string, string>;
  /** Of assets, by their ids. */
  readonly contents = new Map<number, Buffer>();
  /** Tags that GitHub made because they were missing when a release was published: nobody should ever want that. */
  readonly tagsMade: string[] = [];
  /** Ids of releases that were deleted, with what they were. */
  readonly deleted: { id: number; tag: string; draft: boolean; author: string }[] = [];
  /** Names of assets that were deleted, and whether the release was out. */
  readonly deletedAssets: { name: string; state: string; draft: boolean }[] = [];
  latest: number | null = null;
  #ids = 1000;

  constructor(options: StateOptions) {
    this.options = options;
    this.tags = new Map(Object.entries(options.tags ?? {}));
    for (const seed of options.releases ?? []) this.seed(seed);
  }

  seed({ assets = [], ...given }: SeedRelease): StoredRelease {
    const release = this.add({ hidden: 0, author: "somebody", ...given });
    for (const { name, content, state } of assets) {
      this.attach(release, name, "application/octet-stream", Buffer.from(content), state);
    }
    if (!release.draft && !release.prerelease) this.latest ??= release.id;
    return release;
  }

  add(given: Omit<Partial<StoredRelease>, "assets"> & { tag: string }): StoredRelease {
    const draft = given.draft ?? false;
    const release: StoredRelease = {
      id: this.#ids++,
      target: "main",
      name: given.tag,
      body: "",
      prerelease: false,
      immutable: false,
      author: "somebody",
      createdAt: new Date().toISOString(),
      publishedAt: draft ? null : new Date().toISOString(),
      hidden: this.options.lag ?? 0,
      ...given,
      draft,
      assets: [],
    };
    this.releases.push(release);
    return release;
  }

  attach(
    release: StoredRelease,
    name: string,
    contentType: string,
    content: Buffer,
    state: StoredAsset["state"] = "uploaded",
  ): StoredAsset {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const asset = { id: this.#ids++, name, contentType, state, bytes: content.length, sha256 };
    release.assets.push(asset);
    this.contents.set(asset.id, content);
    return asset;
  }

  /** What a list shows: newest first, and what is new a little later. */
  listed(): StoredRelease[] {
    const shown = this.releases.filter((release) => release.hidden-- <= 0);
    return shown.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id - a.id);
  }

  publish(release: StoredRelease, makeLatest: unknown): void {
    if (!this.tag(release.tag)) {
      this.tagsMade.push(release.tag);
      this.tags.set(release.tag, release.target);
    }
    release.draft = false;
    release.publishedAt = new Date().toISOString();
    release.immutable = this.options.immutable ?? false;
    if (makeLatest !== "false" && !release.prerelease) this.latest = release.id;
  }

  /** What a tag's ref points at. */
  tag(name: string): GitObject | null {
    const commit = this.tags.get(name);
    if (commit) return { sha: commit, type: "commit" };
    const line = this.#git("for-each-ref", "--format=%(objectname) %(objecttype)", `refs/tags/${name}`);
    const [sha, type] = line.split(" ");
    return sha && type ? { sha, type } : null;
  }

  /** What an annotated tag leads to. */
  tagObject(sha: string): (GitObject & { tag: string; message: string }) | null {
    const text = this.#git("cat-file", "tag", sha);
    const field = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? "";
    if (!text) return null;
    return {
      sha: field("object"),
      type: field("type"),
      tag: field("tag"),
      message: text.split("\n\n")[1] ?? "",
    };
  }

  commitDate(sha: string): string | null {
    if (!this.options.gitDir) return [...this.tags.values()].includes(sha) ? "2026-11-21T10:00:00Z" : null;
    return this.#git("show", "-s", "--format=%cI", sha) || null;
  }

  #git(...args: string[]): string {
    if (!this.options.gitDir) return "";
    try {
      const stdio = ["ignore", "pipe", "ignore"] as ["ignore", "pipe", "ignore"];
      return execFileSync("git", ["--git-dir", this.options.gitDir, ...args], { stdio })
        .toString()
        .trim();
    } catch {
      return "";
    }
  }

  releaseJson(release: StoredRelease, origin: string, uploads: string): Json {
    const path = `/repos/${this.options.repository}/releases/${release.id}`;
    const web = release.draft ? `untagged-${release.id}` : release.tag;
    return {
      ...least("release"),
      url: `${origin}${path}`,
      assets_url: `${origin}${path}/assets`,
      upload_url: `${uploads}${path}/assets{?name,label}`,
      html_url: `https://github.example/${this.options.repository}/releases/tag/${web}`,
      id: release.id,
      tag_name: release.tag,
      target_commitish: release.target,
      name: release.name,
      body: release.body,
      draft: release.draft,
      prerelease: release.prerelease,
      immutable: release.immutable,
      author: { ...least("simple-user"), login: release.author },
      created_at: release.createdAt,
      published_at: release.publishedAt,
      assets: release.assets.map((asset) => this.assetJson(asset)),
    };
  }

  assetJson({ id, name, contentType, state, bytes, sha256 }: StoredAsset): Json {
    const digest = state === "uploaded" && !this.options.noDigests ? `sha256:${sha256}` : null;
    return { ...least("release-asset"), id, name, content_type: contentType, state, size: bytes, digest };
  }
}
