import { pairs } from "../../clients/metrics/otlp-environment.ts";
import type { EnvReader } from "../../clients/readers.ts";
import type { Secrets } from "../../core/mask.ts";
import { StepFailure } from "../../core/step.ts";
import type { ReceiverSettings } from "./settings.ts";

/** Why something that was asked for cannot be. */
export interface Problem {
  readonly message: string;
  readonly remedy?: string;
}

/** How a receiver lets us in. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** Which variables they come from, for people. */
  readonly access: string;
}

/** A short value of another header (`X-Scope-OrgID=prod`) is a word that messages may use. */
const secretHeader = /auth|key|token|secret|cookie|pass|credential|signature/i;
const longValue = 16;
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** The headers that variables hold, with what is secret in them masked from here on. @throws StepFailure when one holds nothing that can be used */
export function accessOf(
  { headersFrom, tokenFrom, basicFrom }: Pick<ReceiverSettings, "headersFrom" | "tokenFrom" | "basicFrom">,
  { env, secrets }: { readonly env: EnvReader; readonly secrets: Secrets },
): Access {
  const need = (name: string) => {
    const value = env.secret(name);
    if (value !== undefined) return value.trim();
    throw new StepFailure(
      `${name}, by which the numbers are let in, is not set`,
      `set ${name}, or ${name}_FILE to the path of a file; what a ritual needs: release-sentinel ritual secrets`,
    );
  };
  const headers: Record<string, string> = {};
  if (headersFrom !== undefined) {
    const given = pairs(need(headersFrom));
    if (given === undefined || !Object.keys(given).every((name) => headerName.test(name)))
      throw new StepFailure(`${headersFrom} holds no headers`, "write it as name=value,name=value");
    for (const [name, value] of Object.entries(given)) {
      if (secretHeader.test(name) || value.length >= longValue) secrets.add(value);
      // `Basic dXNlcjpwYXNz`: what follows the scheme is the secret.
      secrets.add(/^(?:Basic|Bearer)\s+(.+)$/i.exec(value)?.[1]);
      headers[name] = value;
    }
  }
  if (tokenFrom !== undefined) headers["Authorization"] = `Bearer ${need(tokenFrom)}`;
  if (basicFrom !== undefined) {
    const pair = need(basicFrom);
    secrets.add(pair.slice(pair.indexOf(":") + 1));
    const encoded = Buffer.from(pair).toString("base64");
    secrets.add(encoded);
    headers["Authorization"] = `Basic ${encoded}`;
  }
  const named = [headersFrom, tokenFrom, basicFrom].filter((name) => name !== undefined);
  return { headers, access: named.length === 0 ? "none is given" : named.join(", ") };
}
