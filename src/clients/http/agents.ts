import type http from "node:http";
import type https from "node:https";
import type { Duplex } from "node:stream";
import { type EnvReader, NetworkFailure } from "../readers.ts";
import { trustContext } from "./certificates.ts";
import { lookup } from "./lookup.ts";

/** Requests, and so connections, to one host and port at a time. */
export const perHost = 64;

export interface Route {
  /** Go straight to the host, past any proxy. */
  readonly direct: boolean;
  /** Use connections again. A connection of its own cannot be one that the server is just closing. */
  readonly reuse: boolean;
  /** PEM certificates to trust besides the built-in ones. */
  readonly ca: string | undefined;
}

/** How to send a request: the function of node:http or node:https, with the agent that belongs to it. */
export interface Carrier {
  readonly request: typeof http.request;
  readonly agent: http.Agent;
}

/** Request options of ours: told of each connection that is made for the request, before it has one. */
export interface CarriedOptions extends https.RequestOptions {
  readonly onConnection?: (connection: Duplex) => void;
}

/** One agent for each way of reaching hosts, made when first needed. */
export class Agents {
  readonly #env: EnvReader;
  readonly #carriers = new Map<string, Promise<Carrier>>();
  readonly #connections = new Set<Duplex>();

  constructor(env: EnvReader) {
    this.#env = env;
  }

  /** @throws NetworkFailure BAD_PROXY when HTTP_PROXY or HTTPS_PROXY is no usable URL */
  carrier(protocol: string, route: Route): Promise<Carrier> {
    const key = [protocol, route.direct, route.reuse, route.ca ?? ""].join(" ");
    const known = this.#carriers.get(key);
    if (known) return known;
    const carrier = this.#make(protocol, route);
    this.#carriers.set(key, carrier);
    return carrier;
  }

  /** Closes every connection, those in use too. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#carriers.clear();
  }

  async #make(protocol: string, route: Route): Promise<Carrier> {
    const carrier = protocol === "https:" ? await this.#https(route) : this.#http(route);
    this.#watch(carrier.agent);
    return carrier;
  }

  #http(route: Route): Carrier {
    // Not at the start: by the time a request is made, git has already been asked.
    const http = process.getBuiltinModule("node:http");
    const agent = this.#proxied("HTTP_PROXY", route, (proxyEnv) => new http.Agent(options(route, proxyEnv)));
    return { request: http.request, agent };
  }

  async #https(route: Route): Promise<Carrier> {
    const { default: https } = await import("node:https");
    const trust = route.ca === undefined ? {} : { secureContext: await trustContext(route.ca) };
    const agent = this.#proxied(
      "HTTPS_PROXY",
      route,
      (proxyEnv) => new https.Agent({ ...options(route, proxyEnv), ...trust, rejectUnauthorized: true }),
    );
    return { request: https.request as typeof http.request, agent };
  }

  #proxied<Agent>(
    name: string,
    route: Route,
    make: (proxyEnv: Record<string, string | undefined>) => Agent,
  ): Agent {
    try {
      return make(route.direct ? {} : this.#proxyEnv());
    } catch {
      // Node's own message holds the proxy's URL, and that its password.
      throw new NetworkFailure("BAD_PROXY", `${name} is not a usable URL`);
    }
  }

  #proxyEnv(): Record<string, string | undefined> {
    const proxy = (name: string) => {
      const value = this.#env.get(name);
      return value === undefined || value.includes("://") ? value : `http://${value}`;
    };
    return {
      http_proxy: proxy("http_proxy"),
      HTTP_PROXY: proxy("HTTP_PROXY"),
      https_proxy: proxy("https_proxy"),
      HTTPS_PROXY: proxy("HTTPS_PROXY"),
      no_proxy: this.#env.get("no_proxy"),
      NO_PROXY: this.#env.get("NO_PROXY"),
    };
  }

  /** Agents do not know of connections whose tunnel through a proxy is not there yet; nothing would ever close those. */
  #watch(agent: http.Agent): void {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (requestOptions, callback) => {
      const connection = connect(requestOptions, callback);
      if (connection) {
        this.#connections.add(connection);
        connection.once("close", () => this.#connections.delete(connection));
        (requestOptions as CarriedOptions).onConnection?.(connection);
      }
      return connection;
    };
  }
}

function options(route: Route, proxyEnv: Record<string, string | undefined>): https.AgentOptions {
  return { keepAlive: route.reuse, maxSockets: perHost, proxyEnv, lookup };
}
