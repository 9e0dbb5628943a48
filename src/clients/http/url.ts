import { percentDecoded } from "../../core/text.ts";
import { NetworkFailure } from "../readers.ts";

/**
 * Reads an http(s) URL as it was written; what a browser would mend (white space, `http:host`, backslashes) is refused.
 * @throws NetworkFailure BAD_URL, without the URL
 */
export function parseUrl(text: string): URL {
  if (/[\s\u0000-\u001f\u007f\\]/.test(text)) throw new NetworkFailure("BAD_URL", "malformed URL");
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/(?=[^/?#])/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw new NetworkFailure("BAD_URL", "malformed URL");
  if (scheme !== "http" && scheme !== "https")
    throw new NetworkFailure("BAD_URL", "only http and https are supported");
  try {
    return new URL(text);
  } catch {
    throw new NetworkFailure("BAD_URL", "malformed URL");
  }
}

/** Where a redirect leads. @throws NetworkFailure BAD_URL when that is no http(s) URL */
export function redirectTarget(location: string, from: URL): URL {
  let target: URL;
  try {
    // Node reads header bytes as Latin-1; what is not ASCII in a Location is UTF-8 in practice.
    target = new URL(Buffer.from(location, "latin1").toString("utf8"), from);
  } catch {
    throw new NetworkFailure("BAD_URL", "redirected to a malformed URL");
  }
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new NetworkFailure("BAD_URL", "redirected to something that is not http(s)");
  }
  return target;
}

/** Takes the user information out of a URL: the value of a Basic Authorization header, undefined when there is none. */
export function takeUserinfo(url: URL): string | undefined {
  if (!url.username && !url.password) return undefined;
  const userinfo = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  url.username = "";
  url.password = "";
  return `Basic ${Buffer.from(userinfo).toString("base64")}`;
}

/** Whether a URL's host is this machine: nobody listens in on the way there. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
