import { sleep } from "../../core/sleep.ts";
import type {
  HttpAnswer,
  HttpDownload,
  HttpDownloader,
  HttpReader,
  HttpSend,
  HttpWriter,
} from "../readers.ts";
import { NetworkFailure } from "../readers.ts";
import { GitHubError } from "./errors.ts";
import { asksToWait, type GitHubLimits, type Patience, waitForLimit, within } from "./limits.ts";
import { type Asked, apiMessage, lost, refusal } from "./refusal.ts";

/** 100 releases with the longest bodies there can be are 12.5 million characters. */
const answerBytes = 64 * 1024 * 1024;
const limitWaits = 5;
const version = "2026-03-10";

export interface Answer {
  readonly json: unknown;
  readonly headers: HttpAnswer["headers"];
}

export interface Call {
  /** An infinitive for errors: `read the release`. */
  readonly doing: string;
  readonly signal: AbortSignal;
}

export interface Write extends Call {
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly json?: unknown;
}

export interface Upload extends Call {
  readonly contentType: string;
  readonly body: HttpSend["body"];
}

export interface Download extends Call, Pick<HttpDownload, "into" | "maxBytes"> {}

export interface TransportOptions {
  readonly http: HttpReader & HttpWriter & HttpDownloader;
  readonly api: URL;
  readonly token: string;
  readonly limits: GitHubLimits;
  readonly patience: Patience;
  readonly explain: Pick<Asked, "repository" | "whose" | "token" | "mask">;
}

/** Requests to GitHub's API: headers, time limits, rate limits, and what came of it in words. */
export interface Transport {
  /** Null for a 404. Repeated on dropped connections and 5xx. */
  find(path: string, call: Call): Promise<Answer | null>;
  /** The same where a 404 is a failure. */
  read(path: string, call: Call): Promise<Answer>;
  /** Once. Null for a 404 of a DELETE. */
  write(path: string, write: Write): Promise<unknown>;
  /** Once. GitHub leads to where its files are, and the token does not go there. */
  download(path: string, download: Download): Promise<void>;
  /** Once; to an address that has been looked at. */
  upload(url: string, upload: Upload): Promise<unknown>;
}

export function createTransport(options: TransportOptions): Transport {
  const { http, api, token, limits, patience, explain } = options;
  let versioned = true;
  const headers = (): Record<string, string> => ({
    Accept: "application/vnd.github+json",
    Authorization: `Bearer ${token}`,
    ...(versioned ? { "X-GitHub-Api-Version": version } : {}),
  });
  const asked = (doing: string, writing: boolean): Asked => ({ ...explain, doing, writing });

  /** One answer that is not about limits; those are waited for: what GitHub refused for them it has not done. */
  async function settled(call: Call, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    for (let waits = 0; ; waits++) {
      const answer = await send();
      if (versioned && answer.status === 400 && /version/i.test(apiMessage(answer, explain.mask))) {
        // An Enterprise that is older than this version of the API; it answers as it did then.
        versioned = false;
        continue;
      }
      const ms = asksToWait(answer, limits.secondaryMs);
      if (ms === undefined || waits >= limitWaits) return answer;
      await waitForLimit(ms, patience, { whose: explain.whose, signal: call.signal });
    }
  }

  async function get(path: string, call: Call): Promise<HttpAnswer> {
    const url = `${api.href.replace(/\/$/, "")}${path}`;
    const answer = await settled(call, () =>
      within(limits.requestMs, call.signal, (signal) =>
        http.request({ url, headers: headers(), maxRedirects: 3, maxBodyBytes: answerBytes, signal }),
      ),
    );
    // A renamed repository redirects within the API; what another host says is not GitHub's word.
    if (new URL(answer.url).origin !== api.origin) throw strange(asked(call.doing, false), "another host");
    return answer;
  }

  async function find(path: string, call: Call): Promise<Answer | null> {
    for (let attempt = 0; ; attempt++) {
      const wait = limits.backoffMs[attempt];
      try {
        const answer = await get(path, call);
        if (answer.status === 404) return null;
        if (answer.status === 200) {
          return { json: jsonOf(answer, asked(call.doing, false)), headers: answer.headers };
        }
        throw refusal(answer, asked(call.doing, false));
      } catch (error) {
        if (call.signal.aborted) throw call.signal.reason;
        const { again, why } = reading(error, asked(call.doing, false));
        if (!again || wait === undefined) throw why;
        await sleep(wait, call.signal);
      }
    }
  }

  async function once(call: Call, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    try {
      return await settled(call, send);
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      throw error instanceof NetworkFailure ? lost(error, asked(call.doing, true)).error : error;
    }
  }

  return {
    find,
    async read(path, call) {
      const answer = await find(path, call);
      if (answer) return answer;
      throw refusal({ ...nothing, status: 404 }, asked(call.doing, false));
    },
    async write(path, { method, json, doing, signal: outer }) {
      const url = `${api.href.replace(/\/$/, "")}${path}`;
      const body = json === undefined ? "" : JSON.stringify(json);
      const answer = await once({ doing, signal: outer }, () =>
        within(limits.requestMs, outer, (signal) => {
          const type = json === undefined ? {} : { "Content-Type": "application/json" };
          const all = { ...headers(), ...type };
          return http.send({ url, method, headers: all, body, maxBodyBytes: answerBytes, signal });
        }),
      );
      if (method === "DELETE" && answer.status === 404) return null;
      return resultOf(answer, asked(doing, true));
    },
    async download(path, { into, maxBytes, doing, signal: outer }) {
      const url = `${api.href.replace(/\/$/, "")}${path}`;
      const answer = await once({ doing, signal: outer }, () =>
        within(limits.uploadIdleMs, outer, (signal, moved) => {
          const all = { ...headers(), Accept: "application/octet-stream" };
          const each = (part: Buffer) => {
            moved();
            return into(part);
          };
          return http.download({ url, headers: all, maxRedirects: 3, maxBytes, into: each, signal });
        }),
      );
      if (answer.status !== 200) throw refusal(answer, asked(doing, false));
    },
    async upload(url, { contentType, body, doing, signal: outer }) {
      const answer = await once({ doing, signal: outer }, () =>
        within(limits.uploadIdleMs, outer, (signal, onProgress) => {
          const all = { ...headers(), "Content-Type": contentType };
          const send = { url, method: "POST" as const, headers: all, body, onProgress, signal };
          return http.send({ ...send, maxBodyBytes: answerBytes });
        }),
      );
      return resultOf(answer, asked(doing, true));
    },
  };
}

const nothing: HttpAnswer = {
  status: 0,
  headers: {},
  body: "",
  bodyCut: false,
  url: "",
  redirects: 0,
  tookMs: 0,
};

function resultOf(answer: HttpAnswer, asked: Asked): unknown {
  if (answer.status === 204) return null;
  if (answer.status !== 200 && answer.status !== 201) throw refusal(answer, asked);
  return jsonOf(answer, asked);
}

function jsonOf(answer: HttpAnswer, asked: Asked): unknown {
  try {
    if (!answer.bodyCut) return JSON.parse(answer.body);
  } catch {
    // Said below, as for an answer that is too long.
  }
  throw strange(asked, answer.bodyCut ? "too much to read" : "no JSON");
}

function strange({ whose, doing, writing }: Asked, what: string): GitHubError {
  return new GitHubError({
    kind: "answer",
    message: `${whose} was asked to ${doing}, and what answered was ${what}`,
    remedy: "see whether GITHUB_API_URL, or a proxy on the way, is GitHub's own",
    uncertain: writing,
  });
}

/** Whether a read may be tried again, and what to say when it is not. */
function reading(error: unknown, asked: Asked): { again: boolean; why: unknown } {
  if (error instanceof NetworkFailure) {
    const { again, error: why } = lost(error, asked);
    return { again, why };
  }
  return { again: error instanceof GitHubError && error.kind === "server", why: error };
}
