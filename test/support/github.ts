import { onTestFinished } from "vitest";
import { type GitHubServer, type GitHubServerOptions, startGitHub } from "./github-server.ts";

export type { Fault, GitHubRequest, GitHubServer } from "./github-server.ts";

/** Looks like a token, and is none: put together when it is needed, so that no scanner takes it for one. */
export function testToken(prefix = "ghp"): string {
  return `${prefix}_${"Zz09".repeat(9)}`;
}

/** A stand-in for GitHub that is gone when the test is over. */
export async function githubServer(options: Partial<GitHubServerOptions> = {}): Promise<GitHubServer> {
  const server = await startGitHub({ token: testToken(), ...options });
  onTestFinished(() => server.close());
  return server;
}
