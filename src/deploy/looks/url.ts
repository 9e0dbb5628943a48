import type { HttpReader } from "../../clients/readers.ts";
import { showUrl } from "../../core/text.ts";
import type { Look } from "../driver.ts";
import { askOnce, askUntilWell, lookedAt, provedBy, type Seen } from "./ask.ts";

export interface UrlLook {
  /** Asked when the new version is up. */
  readonly forward: Look;
  /** Asked again when the old one is back: it must be as well as it was before, and no better. */
  readonly back: Look;
}

/** A URL that answers 200, at last after a few redirects. @param forMs how long it may take until it does */
export function urlLook(http: HttpReader, url: string, forMs: number): UrlLook {
  const question = { url, maxBodyBytes: 0, wrong: () => undefined };
  let before: Seen | undefined;
  const forward: Look = {
    id: "verify.url",
    title: `Ask ${showUrl(url)}`,
    async prove(signal) {
      before = await askOnce(http, question, signal);
      return provedBy(before);
    },
    async look(_since, signal) {
      return lookedAt(await askUntilWell(http, question, forMs, signal), forMs);
    },
  };
  const back: Look = {
    id: "verify.url",
    title: forward.title,
    async look(_since, signal) {
      const asBefore = before?.well === false;
      const seen = await askUntilWell(http, question, asBefore ? 0 : forMs, signal);
      if (seen.well || !asBefore) return lookedAt(seen, forMs);
      return { state: "ok", message: `${seen.message}, and did not answer well before the deploy either` };
    },
  };
  return { forward, back };
}
