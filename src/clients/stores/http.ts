import { Aborted } from "../../core/check.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { printable, showUrl } from "../../core/text.ts";
import { within } from "../github/limits.ts";
import {
  type HttpAnswer,
  type HttpDownloader,
  type HttpReader,
  type HttpWriter,
  NetworkFailure,
} from "../readers.ts";
import { type Content, type Counter, counter, makeFile, tooLarge } from "./local.ts";
import { judged, type NewFile, type Store, type StoredFile, storeName } from "./store.ts";

export interface HttpStoreOptions {
  readonly http: HttpReader & HttpWriter & HttpDownloader;
  /** Without user information, query and fragment. */
  readonly url: string;
  /** Bearer. */
  readonly token?: string | undefined;
  /** The variable that the token is from, for remedies. */
  readonly tokenFrom?: string | undefined;
  /** Before the second try of a read, the third …. */
  readonly backoffMs?: readonly number[];
  /** A transfer of which nothing moves. */
  readonly idleMs?: number;
}

/** No archive is larger. */
const largest = 64 * 1024 ** 3;

/** A server that takes files by PUT, only if there are none yet, and gives them back by GET. */
export function createHttpStore(options: HttpStoreOptions): Store {
  const { http, token, tokenFrom, backoffMs = [500, 1500], idleMs = 30_000 } = options;
  const base = options.url.replace(/\/+$/, "");
  const name = `server ${showUrl(base)}`;
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const at = (file: string) => `${base}/${encodeURIComponent(storeName(file))}`;

  // Who did not answer in spite of all patience is asked once from then on.
  let isDown = false;

  /** Reads are tried again; a write is followed by a read, whatever came of it. */
  async function asked(
    doing: string,
    outer: AbortSignal,
    ask: (signal: AbortSignal, moved: () => void) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      const wait = isDown ? undefined : backoffMs[attempt];
      try {
        const answer = await within(idleMs, outer, ask);
        isDown = false;
        if (answer.status < 500 && answer.status !== 429) return answer;
        if (wait === undefined) throw refused(doing, answer);
      } catch (error) {
        if (outer.aborted) throw outer.reason;
        if (wait === undefined) isDown = isLost(error);
        if (!isLost(error) || wait === undefined) throw lost(doing, error);
      }
      await sleep(wait, outer);
    }
  }

  function refused(doing: string, { status }: HttpAnswer): StepFailure {
    const isAccess = status === 401 || status === 403;
    const why = isAccess
      ? token === undefined
        ? " (it wants to know who asks)"
        : " (the token is not accepted for this)"
      : "";
    const remedy = isAccess
      ? `set ${tokenFrom ?? "ritual.archive.stores[].http.tokenFrom"} to a token that may read and create files there`
      : status === 405 || status === 501
        ? "see that the server takes PUT and GET below this URL"
        : `see to ${showUrl(base)}, and run the same command again`;
    return new StepFailure(`${name} was asked to ${doing} and answered ${status}${why}`, remedy);
  }

  function lost(doing: string, error: unknown): unknown {
    if (!(error instanceof NetworkFailure || error instanceof Aborted)) return error;
    if ("code" in error && error.code === "TOO_LARGE") return error;
    return new StepFailure(
      `${name} was asked to ${doing}: ${printable(error.message, 200)}`,
      `see that ${showUrl(base)} can be reached, and run the same command again`,
    );
  }

  /** Null for 404; the body, by its parts. */
  async function read(
    file: string,
    maxBytes: number,
    signal: AbortSignal,
    begin: () => (part: Buffer) => void | Promise<void>,
  ): Promise<boolean> {
    const doing = `give ${file}`;
    const answer = await asked(doing, signal, (one, moved) => {
      const into = begin();
      const request = { url: at(file), headers, maxRedirects: 3, maxBytes, signal: one };
      return http.download({
        ...request,
        into: async (part) => {
          moved();
          await into(part);
        },
      });
    });
    if (answer.status === 404 || answer.status === 410) return false;
    if (answer.status !== 200) throw refused(doing, answer);
    // A login page, or one that answers to every path, says nothing of what is there.
    if (/^text\/html\b/i.test(answer.headers["content-type"] ?? ""))
      throw new StepFailure(
        `${name} was asked to ${doing} and answered an HTML page`,
        `is that a login page? Let ${showUrl(base)} be reached with the token alone`,
      );
    return true;
  }

  async function look(file: string, signal: AbortSignal): Promise<StoredFile | null> {
    let counting: Counter = counter();
    const found = await read(file, largest, signal, () => {
      counting = counter();
      return (part) => counting.add(part);
    });
    return found ? { name: file, ...counting.content() } : null;
  }

  async function send(file: NewFile, signal: AbortSignal): Promise<void> {
    const all = { ...headers, "Content-Type": file.contentType, "If-None-Match": "*" };
    const doing = `store ${file.name}`;
    const body = { file: file.path, bytes: file.bytes };
    const answer = await within(idleMs, signal, (one, onProgress) =>
      http.send({ url: at(file.name), method: "PUT", headers: all, body, onProgress, signal: one }),
    ).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw lost(doing, error);
    });
    // 412: somebody was quicker. What is there is looked at afterwards.
    if (![200, 201, 202, 204, 412].includes(answer.status)) throw refused(doing, answer);
  }

  return {
    name,
    stat: look,
    async put(file, signal) {
      const before = await look(file.name, signal);
      if (before) return judged(name, file, before, "there");
      let trouble: unknown;
      // An answer that was lost may be that of a file that is there.
      await send(file, signal).catch((error) => {
        trouble = error;
      });
      if (signal.aborted) throw signal.reason;
      const after = await look(file.name, signal).catch((error) => {
        throw trouble ?? error;
      });
      if (after === null)
        throw (
          trouble ??
          new StepFailure(`${name} took ${file.name}, and does not have it`, `see to ${showUrl(base)}`)
        );
      return judged(name, file, after, "stored");
    },
    async get(file, to, maxBytes, signal) {
      const found = await makeFile<Content | null>(to, async (handle) => {
        let counting = counter();
        const there = await read(file, maxBytes, signal, () => {
          counting = counter();
          let position = 0;
          return async (part) => {
            await handle.write(part, 0, part.length, position);
            position += part.length;
            counting.add(part);
          };
        });
        if (!there) return null;
        const content = counting.content();
        // Of a try that broke off there may be more.
        await handle.truncate(content.bytes);
        return content;
      }).catch((error) => {
        throw error instanceof NetworkFailure && error.code === "TOO_LARGE" ? tooLarge(maxBytes) : error;
      });
      if (found) return { name: file, ...found };
      const { rm } = await import("node:fs/promises");
      await rm(to, { force: true });
      return null;
    },
    list: async () => null,
    remove: async () => {
      throw new StepFailure(
        `${name} is not asked to remove anything`,
        "let the server's own rules do it",
        true,
      );
    },
    async prove(signal) {
      const doing = "say whether it is there";
      const request = { url: at("release-sentinel.probe"), method: "HEAD", headers, maxRedirects: 3 };
      const answer = await asked(doing, signal, (one) => http.request({ ...request, signal: one }));
      if (answer.status === 401 || answer.status === 403) {
        const { message, remedy } = refused(doing, answer);
        return [{ state: "conflict", message, ...(remedy ? { remedy } : {}) }];
      }
      return [{ state: "ok", message: `${name} answers` }];
    },
  };
}

/** Whether trying again may help. */
function isLost(error: unknown): boolean {
  if (error instanceof Aborted) return true;
  return (
    error instanceof NetworkFailure && !/^(BAD_|TOO_|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(error.code)
  );
}
