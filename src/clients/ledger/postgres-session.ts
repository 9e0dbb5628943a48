import { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Client } from "pg";
import { duration } from "../../core/text.ts";
import { PostgresFailure } from "./postgres-trouble.ts";
import type { PostgresPlace } from "./postgres-url.ts";

const connectMs = 5000;
/** Longer than the server lets a statement run: only a network that hangs comes to this. */
const answerMs = 15_000;
const noTls = "The server does not support SSL connections";
const noPassword = "the server asks for a password, and there is none";

/** One connection. What fails leaves it unusable, and it is to be ended; while nothing is asked it holds up no process. */
export interface Session {
  /** One statement, or several without values. All columns must be text. @throws PostgresFailure; the signal's reason */
  ask(
    sql: string,
    values: readonly unknown[],
    signal: AbortSignal,
    limitMs?: number,
  ): Promise<readonly Row[]>;
  end(): void;
}

export type Row = readonly (string | null)[];

/** @throws PostgresFailure; the signal's reason when aborted */
export async function openSession(place: PostgresPlace, signal: AbortSignal): Promise<Session> {
  try {
    return await connect(place, place.tls, signal);
  } catch (error) {
    if (!place.plainIfRefused || !(error instanceof Error) || error.message !== noTls) throw error;
    return connect(place, null, signal);
  }
}

async function connect(
  place: PostgresPlace,
  tls: ConnectionOptions | null,
  signal: AbortSignal,
): Promise<Session> {
  const pg = await import("pg");
  const { host, port, user, password, database, options, channelBinding } = place;
  const socket = new Socket();
  const client: Client = new pg.Client({
    host,
    port,
    ...(user === "" ? {} : { user }),
    ...(database === "" ? {} : { database }),
    ...(options === "" ? {} : { options }),
    // Else the library would look into files, and warn that it will not for ever.
    password: password === "" ? askedInVain : password,
    ssl: tls ?? false,
    enableChannelBinding: channelBinding,
    application_name: "release-sentinel",
    stream: () => socket,
    // Kept by `bounded`.
    connectionTimeoutMillis: 0,
  });
  // A connection that ends while nobody asks anything is found out when somebody does.
  client.on("error", () => {});
  const end = () => void client.end().catch(() => {});
  try {
    await bounded({ socket, ms: connectMs, signal }, () => client.connect());
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    ask: (sql, values, signal, limitMs = answerMs) =>
      bounded({ socket, ms: limitMs, signal }, async () => {
        const query = { text: sql, values: [...values], rowMode: "array" as const };
        const answer = await client.query<(string | null)[]>(query);
        // Of several statements there are several answers, and nobody wants them.
        return Array.isArray(answer) ? [] : answer.rows;
      }),
    end,
  };
}

function askedInVain(): never {
  throw new PostgresFailure("NO_PASSWORD", noPassword);
}

/** Whatever takes too long, or is no longer wanted, loses its connection: nothing else ends a network that hangs. */
async function bounded<T>(
  { socket, ms, signal }: { readonly socket: Socket; readonly ms: number; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let late = false;
  const stop = () => void socket.destroy();
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, ms);
  signal.addEventListener("abort", stop, { once: true });
  socket.ref();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (late) throw new PostgresFailure("TIMEOUT", `no answer within ${duration(ms)}`);
    throw coded(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    socket.unref();
  }
}

/** What the library says without a code is about a connection that ended. */
function coded(error: unknown): unknown {
  if (!(error instanceof Error) || "code" in error || error.message === noTls) return error;
  return /terminated|not queryable/.test(error.message)
    ? new PostgresFailure("LOST", "the connection was lost")
    : error;
}
