/** CI services that we write files for. */
export type CiKind = "github-actions" | "gitlab" | "jenkins";

/** Where the repository is hosted, by the address of its remote. */
export type ForgeKind = "github" | "gitlab" | "bitbucket" | "azure";

export type Language =
  | "node"
  | "python"
  | "go"
  | "java"
  | "rust"
  | "ruby"
  | "php"
  | "dotnet"
  | "elixir"
  | "swift";

/** What installs dependencies, by the lock file that is there: `npm`, `pnpm`, `uv`, `go`, `maven` … */
export type PackageManager =
  | "npm"
  | "pnpm"
  | "yarn"
  | "bun"
  | "uv"
  | "poetry"
  | "pip"
  | "go"
  | "maven"
  | "gradle"
  | "cargo"
  | "bundler"
  | "composer"
  | "nuget"
  | "mix";

/** How versions are written in tags: `v1.2.3`, `1.2.3`, `pkg@1.2.3` or `pkg/v1.2.3`; null where there is none. */
export type TagShape = "v" | "plain" | "package" | null;

/** Manifests of one kind: a folder (`.` is the top), or a file at the top. Paths are from the top of the repository, with `/`. */
export interface Manifests {
  readonly kind: "kubernetes" | "kustomize" | "helm";
  readonly path: string;
}

/** Where workflows get release-sentinel from. */
export interface ToolRef {
  /** `owner/name` of the repository that holds the action, or `host/owner/name`'s URL for other services; null: nobody said. */
  readonly repository: string | null;
  /** A tag or a branch; with a commit what people read beside it, or empty: `v0.1.0`. */
  readonly version: string;
  /** Full object name that `uses:` is pinned to. */
  readonly sha?: string;
}

/** A workflow file that was there before. */
export interface ForeignWorkflow {
  /** From the top of the repository. */
  readonly path: string;
  /** Its `name:`, or null. */
  readonly name: string | null;
  /** Something in it is known to cut releases. */
  readonly releases: boolean;
}

/** What a repository is made of, as far as it matters to the files that are written for it. Nothing in here is secret. */
export interface Facts {
  /** Absolute path of the top of the work tree. */
  readonly root: string;
  /** The folder's name, or the remote's. */
  readonly name: string;
  readonly defaultBranch: string;
  /** Names, local and of `origin`, each once, sorted. */
  readonly branches: readonly string[];
  /** Up to 1,000 names, newest version first. */
  readonly tags: readonly string[];
  readonly tagShape: TagShape;
  readonly forge: ForgeKind | null;
  /** `owner/name` (GitLab: with groups), by the remote; null where it does not say. */
  readonly repository: string | null;
  readonly languages: readonly Language[];
  /** Of the top folder; null where there is no lock file or project file that tells. */
  readonly packageManager: PackageManager | null;
  /** Folders of packages, of a workspace; empty where it is none. */
  readonly packages: readonly string[];
  /** Services that have files here. */
  readonly ci: readonly CiKind[];
  /** The CI that files are written for: asked for, found, or by the forge; null: none. */
  readonly writeCi: CiKind | null;
  readonly workflows: readonly ForeignWorkflow[];
  readonly manifests: readonly Manifests[];
  /** From the top; null where there is none. */
  readonly composeFile: string | null;
  readonly dockerfile: string | null;
  readonly hasChangelog: boolean;
  /** The environment that releases go to. */
  readonly environment: string;
  /** Pull requests have environments of their own. */
  readonly previews: boolean;
  readonly tool: ToolRef;
}
