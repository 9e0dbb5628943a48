import { overlaysOf } from "./environments.ts";
import type { Facts } from "./facts.ts";
import { yamlList, yamlWord } from "./yaml-word.ts";

/** The configuration's `deploy:`, where something here can be deployed. */
export function deploySection(facts: Facts): readonly string[] {
  const lines = kubernetes(facts) ?? compose(facts) ?? chart(facts);
  if (!lines) return [];
  return [
    "# release-sentinel apply: dry run, apply, wait, verify, and back if it fails. Without a deploy, take this out.",
    ...lines,
  ];
}

/** The `deploy:` of the environments that have manifests of their own, which then are in no other's. */
export function ownDeploys({ manifests }: Facts): ReadonlyMap<string, string> {
  const overlays = overlaysOf(manifests);
  const own = new Set(overlays.values());
  const shared = manifests.flatMap((one) => (one.kind === "kubernetes" && !own.has(one) ? [one.path] : []));
  return new Map(
    [...overlays].map(([name, { kind, path }]) => {
      const what =
        kind === "kustomize" ? `kustomize: ${yamlWord(path)}` : `manifests: ${yamlList([...shared, path])}`;
      return [name, `{ deploy: { ${what} } }`];
    }),
  );
}

function kubernetes({ manifests }: Facts): readonly string[] | undefined {
  const paths = manifests.flatMap(({ kind, path }) => (kind === "kubernetes" ? [path] : []));
  const kustomizations = manifests.flatMap(({ kind, path }) => (kind === "kustomize" ? [path] : []));
  const hasOverlays = overlaysOf(manifests).size > 0;
  const folder = kustomizations.find((path) => !/(^|\/)base$/.test(path));
  if (folder === undefined && paths.length === 0) return undefined;
  const what = folder === undefined ? `manifests: ${yamlList(paths)}` : `kustomize: ${yamlWord(folder)}`;
  return [
    "deploy:",
    "  driver: kubernetes",
    // What is for one environment alone stands there.
    ...(hasOverlays ? [] : [`  ${what}`]),
    "  images: resolve # digests: refuse images that are named by a tag",
    "  # context: prod-eu # the context of kubectl, whatever is current; best for each environment",
    '  # verify: { url: "https://shop.example.com/health" } # what must answer afterwards; or SERVICE_URL',
  ];
}

function compose({ composeFile }: Facts): readonly string[] | undefined {
  if (composeFile === null) return undefined;
  return [
    "deploy:",
    "  driver: compose",
    `  compose: { files: ${yamlList([composeFile])} }`,
    '  # verify: { url: "https://shop.example.com/health" } # what must answer afterwards; or SERVICE_URL',
  ];
}

/** A chart has no manifests before it is rendered. */
function chart({ manifests }: Facts): readonly string[] | undefined {
  const [found] = manifests.filter(({ kind }) => kind === "helm");
  if (!found) return undefined;
  return [
    `# A chart is rendered first: helm template ${found.path} > rendered.yaml, outside the work tree. Then:`,
    "# deploy: { driver: kubernetes, manifests: [../rendered.yaml] }",
  ];
}
