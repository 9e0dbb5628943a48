import { createHash } from "node:crypto";
import { holderId, isDead } from "./holder.ts";

/**
 * `holderId` for what everybody can read: `DIGEST/pid/start RANDOM`. A machine knows itself in it, and nobody else learns
 * what it is called.
 */
export function publicHolderId(proc?: string): string {
  const { digest, process } = partsOf(holderId(proc));
  return `${digest}/${process}`;
}

/** `isDead` of a holder in either form: earlier versions wrote the whole of it. */
export function isKnownDead(holder: string, proc?: string): boolean {
  const ours = partsOf(holderId(proc));
  const isOurs = ours.digest !== "-" && holder.startsWith(`${ours.digest}/`);
  return isDead(isOurs ? ours.place + holder.slice(ours.digest.length) : holder, proc);
}

/** `host/boot/namespace` and the rest; `-` for the digest of what could be guessed from it. */
function partsOf(id: string): { readonly place: string; readonly digest: string; readonly process: string } {
  const parts = id.split("/");
  const place = parts.slice(0, 3).join("/");
  const isGuessable = parts[1] === "-" || parts[2] === "-";
  const digest = isGuessable ? "-" : createHash("sha256").update(place).digest("hex").slice(0, 16);
  return { place, digest, process: parts.slice(3).join("/") };
}
