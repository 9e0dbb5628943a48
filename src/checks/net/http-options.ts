import type { Zod } from "../../core/check.ts";
import { references } from "../../core/interpolate.ts";
import { isRegex } from "../../core/text.ts";
import type { BodyAssertions } from "./assertions.ts";
import type { DeployedVersion } from "./deployed-version.ts";

/** A status, several of which one must come, or a class such as `2xx`. */
export type Status = number | number[] | string;

export interface HttpOptions {
  url: string;
  method: "GET" | "HEAD";
  status: Status;
  headers?: Record<string, string>;
  maxRedirects: number;
  maxLatencyMs?: number;
  body?: BodyAssertions;
  version?: DeployedVersion;
  caFile?: string;
}

/** Headers and query parameters that carry credentials, whatever the server calls them. */
const credential =
  /^(authorization|proxy-authorization|cookie|pass(word)?)$|(^|[-_])(token|secret|password|credentials?|signature|auth)$|(^|[-_])(api|access|auth|secret|private|subscription)[-_]?key$/i;

const secretsElsewhere = "secrets come from the environment: write ${NAME} here";

export function httpSchema(z: Zod) {
  const code = z.int().min(100).max(599);
  const pointer = z.string().regex(/^(\/([^~/]|~[01])*)*$/, "is not a JSON pointer (/status)");
  const regex = z.string().refine(isRegex, "is not a regular expression");
  const json = z.json();
  const assertion = z.strictObject({
    pointer: pointer.describe("RFC 6901 pointer to the value: /status, /checks/0/name."),
    equals: json.optional().describe("The value must be this."),
    oneOf: z.array(json).min(1).optional().describe("The value must be one of these."),
    matches: regex.optional().describe("The value must match this regular expression."),
    exists: z.boolean().optional().describe("Whether there must be such a value."),
  });
  const body = z.strictObject({
    contains: z.string().min(1).optional().describe("Text that the body must contain."),
    json: z.array(assertion).min(1).optional().describe("What must hold in a JSON body."),
  });
  const version = z
    .strictObject({
      pointer: pointer.optional().describe("Where the version is in a JSON body."),
      header: z.string().min(1).optional().describe("The response header that tells the version."),
      equals: z
        .string()
        .min(1)
        .optional()
        .describe("The version expected, with or without a leading v. Default: ${version}."),
    })
    .refine(
      ({ pointer: at, header }) => at === undefined || header === undefined,
      "names both a pointer and a header",
    );
  return z.strictObject({
    url: z
      .string()
      .min(1)
      .refine((url) => !hasLiteralSecret(url), secretsElsewhere)
      .describe("What to ask: an http or https URL."),
    method: z.enum(["GET", "HEAD"]).optional().describe("GET or HEAD."),
    status: z
      .union([code, z.array(code).min(1), z.string().regex(/^[1-5]xx$/, "is not a class of status (2xx)")])
      .optional()
      .describe("The status expected: one, several, or a class such as 2xx."),
    headers: headersSchema(z)
      .optional()
      .describe("Headers to send; values may hold ${NAME}, and credentials must."),
    maxRedirects: z.int().min(0).max(20).optional().describe("Redirects to follow; 0 = none."),
    maxLatencyMs: z
      .number()
      .positive()
      .optional()
      .describe("Milliseconds to the answer's headers that are still good."),
    body: body.optional().describe("What must hold in the body, of which 1 MiB is read."),
    version: version
      .optional()
      .describe("The deployed version: in a JSON body, a header, or the whole body."),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe("File with PEM certificates to trust besides the built-in ones."),
  });
}

function headersSchema(z: Zod) {
  const name = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not a header's name");
  return z.record(name, z.string()).superRefine((headers, context) => {
    for (const [header, value] of Object.entries(headers)) {
      if (credential.test(header) && references(value).length === 0) {
        context.addIssue({ code: "custom", path: [header], message: secretsElsewhere });
      }
    }
  });
}

/** Names of the variables whose values are secrets because of where they are used. */
export function secretNames({ url, headers }: Pick<HttpOptions, "url" | "headers">): readonly string[] {
  const secretParts = [userinfo(url), ...queryValues(url).map(([, value]) => value)];
  return [...new Set([...references(headers), ...references(secretParts)])];
}

/** A password, a token as user name, or a query parameter that is called a credential, written out. */
function hasLiteralSecret(url: string): boolean {
  const [user = "", password = ""] = userinfo(url).split(/:(.*)/s);
  const literal = (text: string) => text !== "" && references(text).length === 0;
  // Nobody's user name is that long: https://<token>@github.com
  if (literal(password) || (user.length >= 16 && literal(user))) return true;
  return queryValues(url).some(([name, value]) => credential.test(name) && literal(value));
}

function userinfo(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url)?.[1] ?? "";
}

function queryValues(url: string): [name: string, value: string][] {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? "";
  return query.split("&").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return [name, value];
  });
}
