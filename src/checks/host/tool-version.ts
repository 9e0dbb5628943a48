/** Tools that are well known, and what makes them print their version without asking a server. */
const known: Readonly<Record<string, readonly string[]>> = {
  argocd: ["version", "--client", "--short"],
  cosign: ["version"],
  go: ["version"],
  helm: ["version", "--short"],
  istioctl: ["version", "--remote=false"],
  java: ["-version"],
  javac: ["-version"],
  kubectl: ["version", "--client"],
  kustomize: ["version"],
  nginx: ["-v"],
  oc: ["version", "--client"],
  openssl: ["version"],
  ssh: ["-V"],
  unzip: ["-v"],
};

/** These print it when asked with `--version`, and do nothing else. */
const plain = new Set(
  [
    "ansible aws az bash bun cargo cmake curl deno docker docker-compose dotnet flux gcc gcloud gh git glab gpg",
    "gradle jq make mvn mysql node npm npx perl php pip pip3 pnpm podman psql python python3 rsync ruby rustc skopeo",
    "syft tar terraform tofu trivy uv wget yarn yq",
  ].flatMap((line) => line.split(" ")),
);

/** What to run a tool with; undefined when its version is not asked for and it is not known what `--version` would do. */
export function versionArguments(options: {
  readonly name: string;
  readonly version?: string;
  readonly args?: readonly string[];
  readonly pattern?: string;
}): readonly string[] | undefined {
  if (options.args) return options.args;
  const name = (options.name.split(/[\\/]/).at(-1) ?? "").replace(/\.exe$/i, "").toLowerCase();
  if (Object.hasOwn(known, name)) return known[name];
  return plain.has(name) || options.version !== undefined || options.pattern !== undefined
    ? ["--version"]
    : undefined;
}

/** A version in a text: as it stands there, and as semver wants it. */
export interface FoundVersion {
  readonly text: string;
  readonly semver: string;
}

/**
 * The first `x.y` or `x.y.z` that a tool printed, on stdout before stderr; what a pattern finds may be a plain number.
 * Suffixes are left out: `1.29.2-gke.100` is a build of 1.29.2, not something before it.
 * @throws when the pattern is no regular expression
 */
export function findVersion(
  printed: { readonly stdout: string; readonly stderr: string },
  pattern?: string,
): FoundVersion | undefined {
  for (const text of [printed.stdout, printed.stderr]) {
    const match = pattern === undefined ? undefined : expression(pattern).exec(text);
    const place = pattern === undefined ? text : (match?.[1] ?? match?.[0] ?? "");
    const numbers = (pattern === undefined ? /(?<![\d.])\d+(?:\.\d+){1,2}/ : /\d+(?:\.\d+){0,2}/).exec(
      place,
    )?.[0];
    if (numbers === undefined) continue;
    const [major = 0, minor = 0, patch = 0] = numbers.split(".").map(Number);
    return { text: numbers, semver: `${major}.${minor}.${patch}` };
  }
  return undefined;
}

function expression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "mu");
  } catch {
    throw new Error("`pattern` is not a regular expression");
  }
}
