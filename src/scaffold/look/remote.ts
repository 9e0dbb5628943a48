import type { ForgeKind } from "../facts.ts";

export interface RemotePlace {
  readonly forge: ForgeKind | null;
  /** `owner/name`, with every group between them; null when the address is a path. */
  readonly repository: string | null;
}

const hosts: readonly (readonly [RegExp, ForgeKind])[] = [
  [/(^|\.)github\./, "github"],
  [/(^|\.)gitlab\./, "gitlab"],
  [/(^|\.)bitbucket\./, "bitbucket"],
  [/(^|\.)(dev\.azure\.com|visualstudio\.com)$/, "azure"],
];

/** What a remote's addresses say about who hosts it: the first that tells counts. Nothing of their user information is in the answer. */
export function placeOf(urls: readonly string[]): RemotePlace {
  const places = urls.map(placeOfUrl);
  return places.find(({ repository }) => repository !== null) ?? { forge: null, repository: null };
}

function placeOfUrl(url: string): RemotePlace {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/+(.+)$/i.exec(url) ??
    // `C:\repositories\shop` is no host.
    /^(?:[^@/:\\]+@)?([^@/:\\]{2,}):(?!\\|\/\/)\/?(.+)$/.exec(url) ??
    [];
  if (host === undefined || path === undefined) return { forge: null, repository: null };
  const name = host.toLowerCase();
  const slug = path.replace(/\/+$/, "").replace(/\.git$/, "");
  const isSlug = /^[\w.-]+(\/[\w.-]+)+$/.test(slug);
  return {
    forge: hosts.find(([pattern]) => pattern.test(name))?.[1] ?? null,
    repository: isSlug ? slug : null,
  };
}
