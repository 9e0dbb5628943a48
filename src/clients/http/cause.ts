import { Aborted } from "../../core/check.ts";
import { printable } from "../../core/text.ts";
import { NetworkFailure } from "../readers.ts";

/** OpenSSL's words for a chain or a name that is not accepted, by code. */
const certificateTroubles: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in the chain",
  UNABLE_TO_GET_ISSUER_CERT: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown issuer",
  CERT_UNTRUSTED: "untrusted certificate",
  CERT_REJECTED: "rejected certificate",
  CERT_REVOKED: "revoked certificate",
  CERT_SIGNATURE_FAILURE: "wrong signature on the certificate",
  CERT_CHAIN_TOO_LONG: "certificate chain is too long",
  INVALID_CA: "issuer is not a certificate authority",
  INVALID_PURPOSE: "certificate is not meant for a server",
  PATH_LENGTH_EXCEEDED: "certificate chain is too long",
  HOSTNAME_MISMATCH: "certificate is for other names",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate is for other names",
};

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ECONNABORTED: "connection reset",
  EPIPE: "connection reset",
  ENOTFOUND: "name not found",
  EAI_AGAIN: "name could not be looked up",
  EAI_FAIL: "name could not be looked up",
  EAI_NODATA: "name has no address",
  ETIMEDOUT: "no answer: connection timed out",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "network is unreachable",
  EADDRNOTAVAIL: "address is not available",
  EACCES: "connecting is not permitted",
  EPERM: "connecting is not permitted",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  HPE_HEADER_OVERFLOW: "headers are too large",
  ERR_SOCKET_BAD_PORT: "no such port",
  ERR_PROXY_INVALID_CONFIG: "the proxy's URL cannot be used",
};

/** Whether it is the certificate that is not accepted: trying again changes nothing. */
export function isCertificateCode(code: string): boolean {
  return Object.hasOwn(certificateTroubles, code);
}

/** What an OpenSSL verification code means, for people. */
export function certificateTrouble(code: string): string {
  return certificateTroubles[code] ?? printable(code.toLowerCase().replaceAll("_", " "), 100);
}

/** Any error of node:net, node:tls or node:http as a failure that may be shown: no URL, no address, no secret in it. */
export function failureOf(error: unknown): NetworkFailure {
  if (error instanceof NetworkFailure) return error;
  const { code, message, reason, statusCode } = likeliest(error);
  if (code === "ECONNRESET" && message === "socket hang up") {
    return new NetworkFailure(code, "connection closed without an answer");
  }
  if (code === "ECONNRESET" && /before secure TLS connection/.test(message)) {
    return new NetworkFailure(code, "connection closed during the TLS handshake");
  }
  if (code === "ERR_PROXY_TUNNEL") {
    const status = statusCode ? ` (it answered ${statusCode})` : "";
    return new NetworkFailure(code, `the proxy does not let us through${status}`);
  }
  const known = causes[code] ?? certificateTroubles[code];
  if (known) return new NetworkFailure(code, known);
  if (code.startsWith("HPE_")) return new NetworkFailure(code, "answered something that is not HTTP");
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") {
    // OpenSSL's reason is a field of the error, or one of the columns of its message.
    const why = reason ?? /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
    if (/wrong version number|packet length too long/.test(why ?? "")) {
      return new NetworkFailure(code, "answered something that is not TLS");
    }
    return new NetworkFailure(code, `TLS handshake failed${why ? ` (${printable(why, 100)})` : ""}`);
  }
  return new NetworkFailure(code || "UNKNOWN", `no usable answer${code ? ` (${printable(code, 60)})` : ""}`);
}

/** Why a call was given up, in the caller's words: its own time limit is a failure of the other side, all else is the caller's reason. */
export function stopped(signal: AbortSignal): unknown {
  const { reason } = signal;
  return reason instanceof Aborted && reason.cause === "time-limit"
    ? new NetworkFailure("TIMEOUT", reason.message)
    : reason;
}

interface NodeError {
  readonly code: string;
  readonly message: string;
  readonly reason: string | undefined;
  readonly statusCode: number | undefined;
}

/** Several addresses were tried: the one that answered at all says most. */
function likeliest(error: unknown): NodeError {
  const all =
    error instanceof AggregateError && error.errors.length > 0 ? error.errors.map(facts) : [facts(error)];
  const weak = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EHOSTUNREACH", "EAFNOSUPPORT"]);
  return all.find(({ code }) => !weak.has(code)) ?? all[0] ?? facts(error);
}

function facts(error: unknown): NodeError {
  const { code, message, reason, statusCode } = Object(error) as Record<string, unknown>;
  return {
    code: typeof code === "string" ? code : "",
    message: typeof message === "string" ? message : "",
    reason: typeof reason === "string" ? reason : undefined,
    statusCode: typeof statusCode === "number" ? statusCode : undefined,
  };
}
