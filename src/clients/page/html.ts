import { createHash } from "node:crypto";
import { assets } from "./assets.ts";

/** A page that needs nothing else. `body` is HTML; everything else is text. */
export interface Page {
  readonly title: string;
  readonly body: string;
  /** Added to the style of every page. */
  readonly style: string;
  /** Runs when all is there; it finds its data in the element `data`. */
  readonly script: string;
  readonly data: object;
}

/** One file: no request leaves it, no script runs in it but ours, and it can be kept for years. */
export function selfContained({ title, body, style, script, data }: Page): string {
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src ${[assets.plotScript, script].map(hashOf).join(" ")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(title)}</title>
<link rel="icon" href="data:,">
<style>${assets.plotStyle}
${assets.style}
${style}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${json(data)}</script>
<script>${assets.plotScript}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Text as it stands in HTML, in attributes too. */
export function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** JSON that cannot end the element that it stands in. */
function json(value: object): string {
  return JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function hashOf(script: string): string {
  return `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
}
