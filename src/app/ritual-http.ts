import type { Emit } from "../core/event.ts";
import { showUrl } from "../core/text.ts";
import type { Job } from "./job.ts";

/** The same job, with every request told of as it is answered: its method, its address without secrets, its status. */
export function withToldRequests(job: Job): Job {
  const { clients, emit } = job;
  const { http: reader } = clients.readers;
  const writer = clients.http;
  return {
    ...job,
    clients: {
      ...clients,
      http: {
        ...writer,
        post: (post) => told(emit, "POST", post.url, () => writer.post(post)),
        send: (sending) => told(emit, sending.method, sending.url, () => writer.send(sending)),
        download: (download) => told(emit, "GET", download.url, () => writer.download(download)),
      },
      readers: {
        ...clients.readers,
        http: {
          request: (request) => {
            const method = request.form === undefined ? (request.method ?? "GET") : "POST";
            return told(emit, method, request.url, () => reader.request(request));
          },
        },
      },
    },
  };
}

async function told<T extends { readonly status: number }>(
  emit: Emit,
  method: string,
  url: string,
  ask: () => Promise<T>,
): Promise<T> {
  const tell = (status: number | null) => emit({ type: "request", method, url: showUrl(url), status });
  try {
    const answer = await ask();
    tell(answer.status);
    return answer;
  } catch (error) {
    tell(null);
    throw error;
  }
}
