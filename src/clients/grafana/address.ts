import { printable, showUrl } from "../../core/text.ts";
import { isLoopback } from "../http/url.ts";
import { GrafanaFailure } from "./failure.ts";

export interface GrafanaAddress {
  /** Without a slash at the end. */
  readonly base: string;
  readonly notice: string | null;
}

/** Where Grafana is; it may live under a path. @throws GrafanaFailure `address` */
export function grafanaAddress(text: string): GrafanaAddress {
  const url = URL.parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new GrafanaFailure("address", `GRAFANA_URL is not an http(s) URL: ${showUrl(text)}`, {
      remedy: "write it as https://grafana.example.com, or https://example.com/grafana",
    });
  }
  if (url.username || url.password) {
    throw new GrafanaFailure("address", "GRAFANA_URL may hold no user and password", {
      remedy: "put a service account's token into GRAFANA_API_KEY",
    });
  }
  const [, base = "", uid] = /^(.*?)\/d\/([^/]+)(?:\/.*)?$/.exec(url.pathname) ?? [];
  if (uid !== undefined) {
    throw new GrafanaFailure("address", `GRAFANA_URL is the address of a dashboard: ${showUrl(text)}`, {
      remedy: `set GRAFANA_URL=${url.origin}${base} and DASHBOARD_UID=${printable(uid, 60)}`,
    });
  }
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/api$/, "")}`,
    notice:
      url.protocol === "http:" && !isLoopback(url)
        ? `the token goes to ${url.origin} unencrypted: use https wherever others can listen in`
        : null,
  };
}
