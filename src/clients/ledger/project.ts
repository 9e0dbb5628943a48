import { percentDecoded, printable } from "../../core/text.ts";

const scpLike = /^(?:[^@/\s]+@)?(\[[0-9a-f:]+\]|[\w.-]{2,}):(?!\/\/|\\)(.+)$/i;
/** The doors that forges keep open where only the web's port is let through. */
const sameHosts: Readonly<Record<string, string>> = {
  "ssh.github.com": "github.com",
  "altssh.gitlab.com": "gitlab.com",
  "altssh.bitbucket.org": "bitbucket.org",
};

/**
 * What a shared ledger calls a project: `host/path` of its remote, the same for ssh and https, with and without user,
 * port, `.git` and capital letters. Null when the remote's URL names nothing.
 */
export function projectOfRemote(remoteUrl: string): string | null {
  const text = remoteUrl.trim();
  const [host, path] = hostAndPath(text);
  const name = path
    .replace(/\/+/g, "/")
    .replace(/\/$/, "")
    .replace(/\.git$/i, "")
    .replace(/^\//, host === "" ? "/" : "");
  if (name === "" || name === "/") return null;
  // Forges take either case; folders of a machine do not.
  return host === "" ? printable(name) : printable(`${sameHosts[host] ?? host}/${name.toLowerCase()}`);
}

/** The same for what machines share: null where it is a folder of this one, as another one may have another project there. */
export function sharedProject(remoteUrl: string): string | null {
  const [host] = hostAndPath(remoteUrl.trim());
  return host === "" ? null : projectOfRemote(remoteUrl);
}

function hostAndPath(text: string): readonly [host: string, path: string] {
  const isUrl = /^(?:https?|ssh|git|git\+ssh|git\+https):\/\//i.test(text);
  if (isUrl && URL.canParse(text)) {
    const { hostname, pathname } = new URL(text);
    return [hostname.toLowerCase(), percentDecoded(pathname)];
  }
  if (/^file:\/\//i.test(text)) return ["", percentDecoded(text.slice("file://".length))];
  const [, host = "", path = text] = text.includes("://") ? [] : (scpLike.exec(text) ?? []);
  return [host.toLowerCase(), path];
}
