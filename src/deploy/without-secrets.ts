import { withoutUserinfo } from "../core/text.ts";

/** Names of variables, flags and keys whose values are nobody's business. */
export const secretName =
  /pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|private[-_]?key|access[-_]?key|authorization|dsn/i;

/** Values that stand behind a name of a secret, in lists of arguments too, and passwords in URLs. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") {
    const words = value.split(/(\s+)/);
    return words.map((word, i) => (isSecretFlag(words[i - 2]) ? "***" : wordWithoutSecrets(word))).join("");
  }
  if (Array.isArray(value))
    return value.map((item, i) => (isSecretFlag(value[i - 1]) ? "***" : withoutSecrets(item)));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === "string" && secretName.test(key) ? "***" : withoutSecrets(item),
    ]),
  );
}

/** Whether what comes after it is a secret: `--password`. */
function isSecretFlag(word: unknown): boolean {
  return typeof word === "string" && /^[^\w\s=]*-[^\s=]*$/.test(word) && secretName.test(word);
}

/** From where a name begins alone: else a long word would be gone through again from each of its characters. */
function wordWithoutSecrets(word: string): string {
  return withoutUserinfo(word).replaceAll(/(?<![\w.-])([\w.-]+=)(\S+)/g, (whole, name: string) =>
    secretName.test(name) ? `${name}***` : whole,
  );
}
