import { isAbsolute, resolve } from "node:path";
import { printable, showUrl } from "../../core/text.ts";

/** What was named to be cloned, or why it cannot be. */
export type Address =
  | {
      /** As git takes it: a URL, `host:path`, or an absolute path. */
      readonly url: string;
      /** A folder of this machine. */
      readonly isPath: boolean;
    }
  | { readonly problem: string; readonly remedy: string };

const schemes = /^(https?|ssh|git\+ssh|ssh\+git|git|file):\/\//i;
const scpLike = /^(?:[\w.-]+@)?(\[[0-9a-f:]+\]|[\w.-]{2,}):(?!\/\/|\\)\S/i;
/** A user name this long in a web address is a token. */
const longestUser = 16;

/**
 * `owner/name` of GitHub's server, a URL, or a path. A path begins with `.`, `/`, `~/` or a drive, so that what happens to lie
 * in the current folder never decides what is meant.
 * @param server GitHub's web server
 */
export function addressOf(repo: string, server: string, cwd: string, home?: string): Address {
  const text = repo.trim();
  const shown = showUrl(text);
  if (text === "") return refuse("--repo names nothing", "--repo OWNER/NAME, a URL, or a path: ./repository");
  if (/[\u0000-\u001f\u007f]/.test(text))
    return refuse(`--repo ${shown} has control characters`, "name it by one plain line");
  if (text.startsWith("-"))
    return refuse(`--repo ${shown} begins with a hyphen`, `a folder of that name: ./${shown}`);
  if (/^(\.{1,2}$|\.{0,2}[\\/]|~[\\/]|[a-z]:[\\/])/i.test(text) || isAbsolute(text)) {
    const path = home !== undefined && /^~[\\/]/.test(text) ? `${home}/${text.slice(2)}` : text;
    return { url: resolve(cwd, path), isPath: true };
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(text))
    return { url: `${server}/${text.replace(/\.git$/, "")}.git`, isPath: false };
  if (schemes.test(text)) return web(text, shown);
  if (scpLike.test(text) && !text.includes("::")) return { url: text, isPath: false };
  return refuse(
    `--repo ${shown} is neither a URL of https, ssh or file, nor OWNER/NAME, nor a path`,
    "a folder is written ./repository",
  );
}

/** What is typed is seen by everybody on the machine. */
function web(url: string, shown: string): Address {
  if (!/^file:/i.test(url) && !URL.canParse(url))
    return refuse(`--repo ${shown} is not a URL`, "https://HOST/OWNER/NAME.git");
  if (/^file:/i.test(url)) return { url, isPath: true };
  const { protocol, username, password, search, hash } = new URL(url);
  const isWeb = /^https?:$/.test(protocol);
  if (password !== "" || (isWeb && username.length >= longestUser)) {
    return refuse(
      `--repo ${shown} holds a password, which everybody on this machine can read`,
      "leave it out of the URL, make it invalid, and put a new one into the environment: GIT_TOKEN (and GIT_USERNAME)",
    );
  }
  if (isWeb && (search !== "" || hash !== ""))
    return refuse(
      `--repo ${shown} has a query or a fragment`,
      "name the repository alone, and the ref by --ref",
    );
  return { url, isPath: false };
}

/** Why a ref cannot be asked for at all; undefined when it can. */
export function refProblem(ref: string): { readonly problem: string; readonly remedy: string } | undefined {
  const shown = printable(ref, 200);
  const remedy = "name a branch, a tag or a commit: --ref v1.4.2";
  if (ref === "") return { problem: "--ref names nothing", remedy };
  if (ref.startsWith("-")) return { problem: `--ref ${shown} begins with a hyphen`, remedy };
  // What git allows no ref to hold; HEAD~3 and the like are asked of nobody either.
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|(^|\/)\.|\.lock($|\/)|[./]$|^\/|^@$/.test(ref))
    return { problem: `--ref ${shown} is no name of a branch, a tag or a commit`, remedy };
  return undefined;
}

function refuse(problem: string, remedy: string): Address {
  return { problem, remedy };
}
