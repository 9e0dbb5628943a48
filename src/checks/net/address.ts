import { isIPv6 } from "node:net";
import type { Zod } from "../../core/check.ts";
import { references } from "../../core/interpolate.ts";

export interface Address {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[::1]:5432`; without a port only where there is a usual one. Undefined for anything else. */
export function parseAddress(text: string, usualPort?: number): Address | undefined {
  const match = /^(?:\[([^\]]*)\]|([^\s:/?#@[\]\\]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? usualPort : Number(match[3]);
  if (match?.[1] !== undefined && !isIPv6(match[1])) return undefined;
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** `host:port`, an IPv6 address in brackets: the name under which connections to it are counted. */
export function hostPort({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The same of an http(s) URL. */
export function urlHost({ url }: { readonly url: string }): string | undefined {
  const { protocol, hostname, port } = URL.parse(url) ?? {};
  return hostname ? `${hostname}:${port || (protocol === "https:" ? 443 : 80)}` : undefined;
}

/** The schema of an address; one with `${NAME}` in it is read when the check runs. */
export function addressSchema(z: Zod, description: string, usualPort?: number) {
  return z
    .string()
    .min(1)
    .refine(
      (text) => references(text).length > 0 || parseAddress(text, usualPort) !== undefined,
      "is not an address (host:port, [::1]:5432)",
    )
    .describe(description);
}
