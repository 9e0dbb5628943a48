import { promises } from "node:fs";
import { printable } from "../../core/text.ts";
import { NetworkFailure } from "../readers.ts";

export interface ExtraTrust {
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
}

/**
 * PEM certificates to trust besides the built-in ones; undefined when none are named.
 * @throws NetworkFailure BAD_CA when the file cannot be read or holds no certificate
 */
export async function extraCertificates({ ca, caFile }: ExtraTrust): Promise<string | undefined> {
  if (ca === undefined && caFile === undefined) return undefined;
  const texts = [ca ?? "", caFile === undefined ? "" : await read(caFile)];
  const blocks = texts.join("\n").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw unusable(caFile, "holds no PEM certificate");
  const { X509Certificate } = await import("node:crypto");
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch {
      throw unusable(caFile, "holds a certificate that cannot be read");
    }
  }
  return blocks.join("\n");
}

/** A secure context that trusts the built-in certificates, those of NODE_EXTRA_CA_CERTS, and these. */
export async function trustContext(extra: string) {
  const tls = await import("node:tls");
  return tls.createSecureContext({ ca: [...tls.getCACertificates("default"), extra] });
}

async function read(path: string): Promise<string> {
  try {
    return await promises.readFile(path, "utf8");
  } catch (error) {
    throw unusable(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown cause"})`);
  }
}

function unusable(path: string | undefined, what: string): NetworkFailure {
  return new NetworkFailure(
    "BAD_CA",
    `${path === undefined ? "ca" : `caFile ${printable(path, 200)}`} ${what}`,
  );
}
