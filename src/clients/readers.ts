import type { Check } from "../core/check.ts";
import type { Json } from "../core/json.ts";
import type { CiFacts } from "./ci.ts";
import type { GitReader } from "./git/reader.ts";

/** Everything a check may look at the world with. Nothing in here can change it. */
export interface Readers {
  readonly env: EnvReader;
  readonly ci: CiFacts;
  readonly git: GitReader;
  readonly host: HostReader;
  readonly http: HttpReader;
  readonly net: NetReader;
  readonly programs: ProgramReader;
  readonly secretScanner: SecretScanner;
}

/** A check as this project's own catalogue and its users write them. */
export type SentinelCheck<Options extends object, Observation extends Json> = Check<
  Options,
  Observation,
  Readers
>;

export interface EnvReader {
  /** A variable's value; undefined when unset or empty. */
  get(name: string): string | undefined;
  /**
   * The same, or the content of the file named by `NAME_FILE` (a mounted secret) without its last line break.
   * What it returns is registered with the masking registry. Throws SentinelError when the file cannot be read.
   */
  secret(name: string): string | undefined;
}

export interface DiskUse {
  /** As `df` shows it: used / (used + available to this user), 0 to 100. */
  readonly percent: number;
  /** Inodes in use, 0 to 100; null where the file system has no fixed number. */
  readonly inodePercent: number | null;
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface MemoryUse {
  /** 0 to 100. */
  readonly percent: number;
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** Whose limit it is. */
  readonly source: "host" | "cgroup v1" | "cgroup v2";
}

export interface RunningProcess {
  readonly pid: number;
  /** The kernel's name for it; 15 characters at most on Linux. */
  readonly name: string;
  /** As started: the first word of the command line; may be empty. */
  readonly argv0: string;
  /** Path of the executable; empty when it may not be read. */
  readonly executable: string;
}

export interface HostReader {
  readonly platform: NodeJS.Platform;
  /** @throws when the path does not exist or cannot be asked; the signal's reason when aborted */
  disk(path: string, signal: AbortSignal): Promise<DiskUse>;
  memory(): Promise<MemoryUse>;
  /** Processes that run (no zombies), this one included. @throws when there is neither /proc nor `ps` */
  processes(signal: AbortSignal): Promise<readonly RunningProcess[]>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  /**
   * Asks with POST and these fields: a question that is too long for a URL. Only 307 and 308 within the same origin are
   * followed then, any other redirect is the answer.
   */
  readonly form?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Redirects to follow; 0 = none. Credentials are dropped when one leads to another origin. */
  readonly maxRedirects?: number;
  /** Bytes of the body to read; 0 (default) = do not read it. More than that is cut off and said. */
  readonly maxBodyBytes?: number;
  /** PEM certificates to trust besides the built-in ones. */
  readonly ca?: string;
  /** Path of a file with such certificates. */
  readonly caFile?: string;
  /** Go straight to the host whatever HTTP(S)_PROXY says. */
  readonly noProxy?: boolean;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty unless asked for. */
  readonly body: string;
  readonly bodyCut: boolean;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly redirects: number;
  /** Milliseconds to the last answer's headers. */
  readonly tookMs: number;
}

export interface HttpReader {
  /** GET or HEAD, or a question sent as a form. @throws NetworkFailure when there is no answer */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

/** A body that may be large, and need not be text. */
export interface HttpDownload extends Pick<HttpRequest, "url" | "headers" | "maxRedirects" | "signal"> {
  /** Given every part of the body of an answer 200, in order; the next one waits for it. What it throws ends the download. */
  readonly into: (part: Buffer) => void | Promise<void>;
  /** Bytes of such a body; more is a NetworkFailure `TOO_LARGE`. */
  readonly maxBytes: number;
}

export interface HttpDownloader {
  /** GET. Of any other answer than 200, up to 4 KiB are in `body`. @throws NetworkFailure; what `into` throws */
  download(download: HttpDownload): Promise<HttpAnswer>;
}

export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** A file that is streamed as a body. It must be exactly this long while it is sent. */
export interface FileBody {
  readonly file: string;
  readonly bytes: number;
}

export interface HttpSend {
  readonly url: string;
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | FileBody;
  /** Bytes of the answer's body to read; 4 KiB when it is not said. */
  readonly maxBodyBytes?: number;
  /** Told whenever a part of a file has been handed over. */
  readonly onProgress?: () => void;
  readonly signal: AbortSignal;
}

export interface HttpWriter {
  /** Sends a body once, on a connection of its own; follows no redirect. Up to 4 KiB of the answer's body are read. @throws NetworkFailure */
  post(post: HttpPost): Promise<HttpAnswer>;
  /**
   * Sends once, on a connection of its own, so that a failure is never that of a stale one. Follows 307 and 308 within the
   * same origin, with method and body, three at most; any other redirect is the answer.
   * @throws NetworkFailure, `BAD_BODY` when the file is not there or not as long as was said
   */
  send(send: HttpSend): Promise<HttpAnswer>;
}

/** There was no usable answer. The message is for people and holds no URL and no secret. */
export class NetworkFailure extends Error {
  override readonly name = "NetworkFailure";
  /**
   * Node's or OpenSSL's code (`ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, …), or one of ours:
   * `TIMEOUT`, `TOO_MANY_REDIRECTS`, `TOO_LARGE`, `BAD_URL`, `BAD_HEADER`, `BAD_BODY`, `BAD_CA`, `BAD_PROXY`, `NO_CERTIFICATE`.
   */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TlsFacts {
  /** Subject's common name. */
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** RFC 3339. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly protocol: string;
  /** Null when the chain leads to a trusted root and the name matches; else OpenSSL's code, e.g. `CERT_HAS_EXPIRED`. */
  readonly chainError: string | null;
}

export interface NetReader {
  /** Milliseconds to connect. @throws NetworkFailure */
  tcp(address: { host: string; port: number }, signal: AbortSignal): Promise<number>;
  /** Handshake without trusting anything. @throws NetworkFailure when there is no certificate to look at */
  tls(
    address: { host: string; port: number; servername?: string; ca?: string; caFile?: string },
    signal: AbortSignal,
  ): Promise<TlsFacts>;
}

export interface ProgramRequest {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Added to the small allow-listed environment that every program gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input; nothing when it is not said. */
  readonly input?: string;
  /** Bytes of each stream that are kept; the rest is read and dropped. */
  readonly maxOutputBytes?: number;
  /** Which part of a longer output. Default: its start. */
  readonly keep?: "start" | "end";
  readonly signal: AbortSignal;
}

export interface ProgramAnswer {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Masked. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramReader {
  /** Where a program is, as the shell would find it; undefined when it is not there. */
  which(name: string): string | undefined;
  /** Runs a program in its own process group; nothing of the group outlives the call or this process. @throws ProgramMissing */
  run(request: ProgramRequest): Promise<ProgramAnswer>;
}

export class ProgramMissing extends Error {
  override readonly name = "ProgramMissing";
}

export interface LeakedSecret {
  /** 1-based. */
  readonly line: number;
  /** The rule that saw it, for example `aws`. */
  readonly rule: string;
  /** What kind of secret; never the secret. */
  readonly what: string;
}

export interface SecretScanner {
  scan(file: { path: string; content: string }): Promise<readonly LeakedSecret[]>;
}
