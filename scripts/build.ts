// Makes dist/: one bundle for the command line and the library, with chunks for what loads on demand, and the types.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type OutputOptions, rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
process.chdir(root);
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

rmSync("dist", { recursive: true, force: true });
// Loaded by the one check that needs it. Zod is a dependency for the sake of our types, and bundled all the same.
const external = [/^@secretlint\//, "libpg-query"];
const define = { __VERSION__: JSON.stringify(version) };

/**
 * The command line is CommonJS: importing node:http from an ES module touches its every export, and so loads all of undici.
 * The library is an ES module, as its users are.
 */
const outputs = [
  {
    input: "src/cli/main.ts",
    format: "cjs",
    entryFileNames: "main.cjs",
    chunkFileNames: "cli/[name]-[hash].cjs",
  },
  {
    input: "src/app/index.ts",
    format: "esm",
    entryFileNames: "index.js",
    chunkFileNames: "lib/[name]-[hash].js",
  },
] as const;

/** zod brings its messages in fifty languages; ours are English. */
const englishOnly = {
  name: "zod-in-english",
  load: (id: string) =>
    /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/.test(id) ? 'export { default as en } from "./en.js";' : null,
};

/** A page is one file: the texts that it is made of stand in the program. */
const pageAssets = {
  name: "page-assets",
  load: async (id: string) => {
    if (
      !/src[\\/](clients[\\/]page|watch[\\/]report|ritual[\\/]dashboard[\\/]page)[\\/]assets\.ts$/.test(id)
    ) {
      return null;
    }
    const { assets } = (await import(pathToFileURL(id).href)) as { assets: object };
    return `export const assets = ${JSON.stringify(assets)};`;
  },
};

/** What a plain `check` does without: it stays in chunks of its own, and so do YAML, zod and calendars. */
const onDemand = new RegExp(
  `src.(${[
    "app.(init|checkout|deploy|doctor|release|forge|notes|ledger|attest|replay|migrate|preview|watch)",
    "attest.(?!age)|ledger.(?!settings)",
    "cli.(checkout.ts|init-(?!commands)|live|github|report-file|outcome-json|release-view|ledger-world|bounded|notes-|spark|(deploy|watch)-(?!commands|options)|commands.(?!check\\.ts))",
    "clients.(docker|github|grafana|host.holder|kubectl|ledger|metrics|page|postgres|prometheus.(?!lexer|template)|files|own-folder|text-file|state-file|whole-file|keys|git.(writer|clone|history|credentials|release-tags|tag-|local-refusal|mark|ref-))",
    "config.(document|rules)",
    "clients.(file-head|git.survey)",
    "deploy.(?!settings)",
    "flows.(?!check)",
    "gate.report.(?!words|formats)",
    "notify.(send|slack|discord|generic)",
    "release.(?!settings|notes.formats|overlay.settings)",
    "scaffold.(?!choices|target\\.ts)",
    "ritual.(metrics|integrity).(?!settings)",
    "watch.(?!settings\\.ts|settings-schema|span)",
  ].join("|")})`,
);
/** Everything else of ours in one file: each further one costs a start half a millisecond. */
const gate = {
  name: "gate",
  test: (id: string) =>
    id.includes("node_modules")
      ? /node_modules.(commander|cockatiel|canonicalize|picomatch)/.test(id)
      : /[\\/]src[\\/]/.test(id) && !onDemand.test(id),
};

for (const { input, ...output } of outputs) {
  const bundle = await rolldown({
    input,
    platform: "node",
    external,
    transform: { define },
    plugins: [englishOnly, pageAssets],
  });
  // Names are kept: a stack trace in a bug report must be of use.
  const options: OutputOptions = {
    dir: "dist",
    minify: { mangle: false },
    codeSplitting: { groups: [gate] },
  };
  await bundle.write({ ...options, ...output });
  await bundle.close();
}

/** Its parser is WebAssembly beside the file: what needs it says where to get it. */
const withoutPgQuery = {
  name: "without-libpg-query",
  resolveId: (id: string) => (id === "libpg-query" ? "\0libpg-query" : null),
  load: (id: string) =>
    id === "\0libpg-query"
      ? `import { SentinelError } from ${JSON.stringify(join(root, "src/core/errors.ts"))};
         throw new SentinelError("flag-invalid", "migrations cannot be read by the one-file build of release-sentinel: PostgreSQL's parser is not in it",
           "install the tool, and run it in a step of its own: npx release-sentinel migrate check");
         export const parse = undefined, scan = undefined, hasSqlDetails = undefined;`
      : null,
};

// The action: everything in one file, so that a workflow installs nothing. It is copied to action/ by scripts/action.ts.
const action = await rolldown({
  input: "src/cli/action/main.ts",
  platform: "node",
  transform: { define },
  plugins: [englishOnly, pageAssets, withoutPgQuery],
});
await action.write({
  file: "dist/action/index.cjs",
  format: "cjs",
  codeSplitting: false,
  minify: { mangle: false },
});
await action.close();
const head = readFileSync("src/cli/action/head.cjs", "utf8").replace(/^ *\/\/.*\n/gm, "");
const body = readFileSync("dist/action/index.cjs", "utf8");
writeFileSync("dist/action/index.cjs", `${head}${body}\nexports.run(verdict);\n`);

writeFileSync("dist/bin.cjs", readFileSync("src/cli/bin.cjs", "utf8").replace("__VERSION__", version));
chmodSync("dist/bin.cjs", 0o755);
if (!process.argv.includes("--no-types")) {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"], {
    stdio: "inherit",
  });
}
