import type { Secrets } from "../../core/mask.ts";
import { addUrlPassword } from "../env.ts";
import type { GitCommand } from "./command.ts";
import { oneLine } from "./git.ts";
import { parseConfig } from "./parse.ts";
import { GitFailure } from "./reader.ts";

/** git's settings as they are in effect here. Keys are git's: section and name in lower case. */
export interface GitSettings {
  last(key: string): string | undefined;
  isTrue(key: string): boolean;
}

/** Reads the settings; what is secret in them (passwords in URLs, headers) is registered at once. */
export async function readSettings(git: GitCommand, secrets: Secrets): Promise<GitSettings> {
  const answer = await git(["config", "--list", "-z", "--show-scope"]);
  if (answer.code !== 0) throw new GitFailure(oneLine(answer.stderr));
  const entries = parseConfig(answer.stdout.toString("utf8"));
  for (const { key, value } of entries) {
    addUrlPassword(value, secrets);
    // A base URL is part of the key: url.https://user:password@host/.insteadOf
    if (key.startsWith("url.")) addUrlPassword(key.slice("url.".length), secrets);
    if (/^http\.(.*\.)?extraheader$/.test(key)) addHeader(value, secrets);
  }
  const last = (key: string) => entries.findLast((entry) => entry.key === key)?.value;
  return {
    last,
    isTrue: (key) => /^(true|yes|on|[1-9]\d*|)$/i.test(last(key) ?? "false"),
  };
}

/** `Authorization: basic …` as CI's checkout leaves it. */
function addHeader(value: string, secrets: Secrets): void {
  const credentials = /^authorization:\s*\S+\s+(\S+)\s*$/i.exec(value)?.[1];
  if (credentials === undefined) return;
  secrets.add(credentials);
  secrets.add(Buffer.from(credentials, "base64").toString("utf8").split(":").slice(1).join(":"));
}
