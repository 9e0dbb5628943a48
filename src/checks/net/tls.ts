import { certificateTrouble } from "../../clients/http/cause.ts";
import type { SentinelCheck, TlsFacts } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import { count, printable, shellWord } from "../../core/text.ts";
import { addressSchema, hostPort, parseAddress } from "./address.ts";
import { type Failure, failed, limits } from "./attempt.ts";

interface Options {
  /** `host:port`; port 443 when it names none. */
  address: string;
  /** Name to ask for, where it differs from the host. */
  servername?: string;
  warnDays: number;
  criticalDays: number;
  caFile?: string;
}

type Facts = Omit<TlsFacts, "names"> & { names: string[] };
type Seen = { facts: Facts; failure: null } | { facts: null; failure: Failure };

const usualPort = 443;
const day = 86_400_000;
/** Names of a certificate that are kept; shared ones hold hundreds. */
const namesKept = 20;

/** Is the certificate trusted, for this name, and valid for long enough? */
export const tls: SentinelCheck<Options, Seen> = {
  id: "tls",
  question: "Is the server's certificate trusted, for its name, and valid for long enough?",
  kind: "health",
  reach: "network",
  paths: ["caFile"],
  defaults: { address: "", warnDays: 21, criticalDays: 7 },
  schema: (z) =>
    z.strictObject({
      address: addressSchema(z, "Where to connect: host:port; port 443 when it names none.", usualPort),
      servername: z
        .string()
        .min(1)
        .optional()
        .describe("Name to ask for and to expect, where it differs from the host."),
      warnDays: z.number().min(0).optional().describe("Days of validity left at which it warns."),
      criticalDays: z.number().min(0).optional().describe("Days of validity left at which it fails."),
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe("File with PEM certificates to trust besides the built-in ones."),
    }),
  host: ({ address }) => {
    const parsed = parseAddress(address, usualPort);
    return parsed && hostPort(parsed);
  },
  limits,
  async observe({ readers, options, signal }) {
    const address = parseAddress(options.address, usualPort);
    if (!address) return { facts: null, failure: { code: "BAD_ADDRESS", cause: "malformed address" } };
    const { servername, caFile } = options;
    const request = {
      ...address,
      ...(servername === undefined ? {} : { servername }),
      ...(caFile === undefined ? {} : { caFile }),
    };
    try {
      const facts = await readers.net.tls(request, signal);
      return { facts: { ...facts, names: facts.names.slice(0, namesKept) }, failure: null };
    } catch (error) {
      return failed<Seen>(error, (failure) => ({ facts: null, failure }));
    }
  },
  judge(seen, { options, target }) {
    const shown = printable(options.address, 300);
    if (!seen.facts) {
      return {
        status: "fail",
        message: `TLS CRITICAL: ${shown} unreachable (${seen.failure.cause})`,
        remedy: inspect(options),
      };
    }
    const left = (Date.parse(seen.facts.validTo) - Date.parse(target.at)) / day;
    const metrics = [{ name: "validity", value: Math.floor(left), unit: "" }];
    const critical = (what: string): Judgement => ({
      status: "fail",
      message: `TLS CRITICAL: ${shown} certificate ${what}`,
      remedy: inspect(options),
      metrics,
    });
    const trouble = unusable(seen.facts, left, Date.parse(target.at));
    if (trouble) return critical(trouble);
    if (left <= options.criticalDays) return critical(`expires in ${days(left)}`);
    if (left > options.warnDays) {
      return { status: "ok", message: `TLS OK: ${shown} certificate valid for ${more(left)}`, metrics };
    }
    return {
      status: "warn",
      message: `TLS WARNING: ${shown} certificate expires in ${days(left)}`,
      remedy: `renew it; ${inspect(options)}`,
      metrics,
    };
  },
};

/** Why the certificate cannot be accepted at all; undefined when it can. */
function unusable(facts: Facts, left: number, at: number): string | undefined {
  if (left < 0) return `expired ${days(-left)} ago`;
  if (at < Date.parse(facts.validFrom)) return `is not valid before ${facts.validFrom.slice(0, 10)}`;
  if (facts.chainError === null) return undefined;
  if (facts.chainError === "ERR_TLS_CERT_ALTNAME_INVALID") return `is for other names: ${listed(facts)}`;
  return `is not trusted (${certificateTrouble(facts.chainError)})`;
}

function listed({ names, subject }: Facts): string {
  if (names.length === 0) return subject || "none";
  const rest = names.length > 5 ? " …" : "";
  return `${names.slice(0, 5).join(", ")}${rest}`;
}

function days(n: number): string {
  return n < 1 ? "less than a day" : count(Math.floor(n), "day");
}

function more(n: number): string {
  return n < 1 ? "less than a day" : `${Math.floor(n)} more ${Math.floor(n) === 1 ? "day" : "days"}`;
}

function inspect({ address, servername }: Options): string {
  const parsed = parseAddress(address, usualPort);
  if (!parsed) return "write the address as host:port";
  const name = servername === undefined ? "" : ` -servername ${shellWord(servername)}`;
  return `openssl s_client -connect ${shellWord(hostPort(parsed))}${name} </dev/null`;
}
