// Makes dist/: one bundle for the command line and the library, with chunks for what loads on demand, and the types.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type OutputOptions, type PluginContext, rolldown } from "rolldown";

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

/** What comes in one file, with all that it cannot do without: each further one costs half a millisecond. */
const together = {
  gate: ["src/cli/commands/check.ts"],
  // Opened by every check, while git looks at the repository.
  ledger: ["src/app/ledger.ts"],
};

/** Whatever is loaded on demand alone stays in chunks of its own. */
function chunksOf(input: string) {
  const needed = new Map<string, Set<string>>();
  const plugin = {
    name: "together",
    buildEnd(this: PluginContext) {
      for (const [name, roots] of Object.entries(together)) {
        const found = new Set<string>();
        const open = [...(name === "gate" ? [input] : []), ...roots].map((path) => join(root, path));
        for (let id = open.pop(); id !== undefined; id = open.pop()) {
          if (found.has(id)) continue;
          const info = this.getModuleInfo(id);
          if (!info) continue;
          found.add(id);
          open.push(...info.importedIds);
        }
        needed.set(name, found);
      }
    },
  };
  const groups = Object.keys(together).map((name) => ({
    name,
    test: (id: string) => needed.get(name)?.has(id) ?? false,
  }));
  return { plugin, groups };
}

for (const { input, ...output } of outputs) {
  const chunks = chunksOf(input);
  const bundle = await rolldown({
    input,
    platform: "node",
    external,
    transform: { define },
    plugins: [englishOnly, pageAssets, chunks.plugin],
  });
  // Names are kept: a stack trace in a bug report must be of use.
  const options: OutputOptions = {
    dir: "dist",
    minify: { mangle: false },
    // A byte for each character: a single other one makes it two, for all of a file, at every start.
    charset: "ascii",
    codeSplitting: { groups: chunks.groups },
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
