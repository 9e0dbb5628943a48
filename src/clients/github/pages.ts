import type { Answer, Transport } from "./transport.ts";

/** Page after page, as long as GitHub names a next one. */
export async function* pages(
  transport: Transport,
  path: string,
  doing: string,
  signal: AbortSignal,
  query = "",
): AsyncGenerator<Answer & { isLast: boolean }> {
  for (let page = 1; ; page++) {
    const answer = await transport.read(`${path}?per_page=100&page=${page}${query}`, { doing, signal });
    const isLast = !/;\s*rel="?next"?/.test(answer.headers["link"] ?? "");
    yield { ...answer, isLast };
    if (isLast) return;
  }
}
