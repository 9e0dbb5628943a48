import type { SentinelCheck } from "../../clients/readers.ts";
import { printable, shellWord } from "../../core/text.ts";
import { addressSchema, hostPort, parseAddress } from "./address.ts";
import { type Failure, failed, limits } from "./attempt.ts";

interface Options {
  /** `host:port`, `[::1]:5432`. */
  address: string;
}

type Seen = { seconds: number; failure: null } | { seconds: null; failure: Failure };

/** Can a TCP connection be made? Straight to the host, past any proxy. */
export const tcp: SentinelCheck<Options, Seen> = {
  id: "tcp",
  question: "Does something listen at this address?",
  kind: "health",
  reach: "network",
  defaults: { address: "" },
  schema: (z) =>
    z.strictObject({ address: addressSchema(z, "Where to connect: host:port, or [::1]:5432 for IPv6.") }),
  host: ({ address }) => {
    const parsed = parseAddress(address);
    return parsed && hostPort(parsed);
  },
  limits,
  async observe({ readers, options, signal }) {
    const address = parseAddress(options.address);
    if (!address) return { seconds: null, failure: { code: "BAD_ADDRESS", cause: "malformed address" } };
    try {
      return { seconds: (await readers.net.tcp(address, signal)) / 1000, failure: null };
    } catch (error) {
      return failed<Seen>(error, (failure) => ({ seconds: null, failure }));
    }
  },
  judge(seen, { options }) {
    const shown = printable(options.address, 300);
    if (!seen.failure) {
      return {
        status: "ok",
        message: `TCP OK: ${shown}`,
        metrics: [{ name: "time", value: seen.seconds, unit: "s" }],
      };
    }
    const address = parseAddress(options.address);
    return {
      status: "fail",
      message: `TCP CRITICAL: ${shown} unreachable (${seen.failure.cause})`,
      remedy: address
        ? `nc -vz ${shellWord(address.host)} ${address.port}`
        : "write the address as host:port, or [::1]:5432",
    };
  },
};
