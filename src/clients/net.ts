import { connect, isIP, type Socket } from "node:net";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { monotonicMs } from "../core/clock.ts";
import { printable } from "../core/text.ts";
import { failureOf, stopped } from "./http/cause.ts";
import { extraCertificates, trustContext } from "./http/certificates.ts";
import { lookup } from "./http/lookup.ts";
import { type NetReader, NetworkFailure, type TlsFacts } from "./readers.ts";

/** Plain TCP and TLS connections, straight to the host: no proxy. */
export function createNet(): NetReader {
  return {
    async tcp({ host, port }, signal) {
      const started = monotonicMs();
      await connected(
        () => connect({ host, port, lookup }),
        "connect",
        signal,
        () => undefined,
      );
      return monotonicMs() - started;
    },
    async tls({ host, port, servername, ca, caFile }, signal) {
      const [tls, extra] = await Promise.all([import("node:tls"), extraCertificates({ ca, caFile })]);
      const name = servername ?? (isIP(host) ? undefined : host);
      const options = {
        ...{ host, port, lookup },
        // We only look: nothing is sent over the connection, and what is not trusted is what we came to see.
        rejectUnauthorized: false,
        ...(name === undefined ? {} : { servername: name }),
        ...(extra === undefined ? {} : { secureContext: await trustContext(extra) }),
      };
      return connected(() => tls.connect(options), "secureConnect", signal, look);
    },
  };
}

/** Waits for the event, takes what is wanted, and closes the connection whatever happens. */
async function connected<S extends Socket, T>(
  open: () => S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
  take: (socket: S) => T,
): Promise<T> {
  if (signal.aborted) throw stopped(signal);
  let socket: S | undefined;
  let abort = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      abort = () => reject(stopped(signal));
      signal.addEventListener("abort", abort, { once: true });
      const made = open();
      socket = made;
      made.on("error", (error) => reject(failureOf(error)));
      made.on("close", () => reject(new NetworkFailure("ECONNRESET", "connection closed without an answer")));
      made.once(event, () => {
        try {
          resolve(take(made));
        } catch (error) {
          reject(failureOf(error));
        }
      });
    });
  } catch (error) {
    throw signal.aborted ? stopped(signal) : failureOf(error);
  } finally {
    signal.removeEventListener("abort", abort);
    socket?.destroy();
  }
}

/** @throws NetworkFailure when the server showed no certificate */
function look(socket: TLSSocket): TlsFacts {
  const certificate = socket.getPeerCertificate();
  if (!certificate?.valid_to) throw new NetworkFailure("NO_CERTIFICATE", "showed no certificate");
  const error: unknown = socket.authorized ? null : socket.authorizationError;
  return {
    subject: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    names: alternativeNames(certificate.subjectaltname ?? ""),
    validFrom: new Date(certificate.valid_from).toISOString(),
    validTo: new Date(certificate.valid_to).toISOString(),
    protocol: socket.getProtocol() ?? "",
    chainError: error === null ? null : String(error instanceof Error ? error.message : error),
  };
}

function commonName(name: PeerCertificate["subject"] | undefined): string {
  const text: unknown = name?.CN ?? name?.O ?? "";
  return printable(Array.isArray(text) ? text.join(", ") : String(text), 200);
}

/** `DNS:a.example, IP Address:127.0.0.1` without the prefixes; Node quotes names that hold a comma. */
function alternativeNames(text: string): string[] {
  const entries = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return entries.map((entry) => printable(entry.trim().replace(/^(DNS|IP Address|URI|email):/i, ""), 200));
}
