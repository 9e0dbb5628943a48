// Makes dist/: one bundle for the command line and the library, with chunks for what loads on demand, and the types.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rolldown } from "rolldown";

const root = new URL("..", import.meta.url).pathname;
process.chdir(root);
const { version, dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};

rmSync("dist", { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: "src/cli/main.ts", index: "src/app/index.ts" },
  platform: "node",
  // Dependencies stay outside the bundle and are loaded when they are needed.
  external: Object.keys(dependencies).map((name) => new RegExp(`^${name}($|/)`)),
  transform: { define: { __VERSION__: JSON.stringify(version) } },
});
await bundle.write({ dir: "dist", format: "esm", entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js", minify: "dce-only" });
await bundle.close();

writeFileSync("dist/bin.cjs", readFileSync("src/cli/bin.cjs", "utf8").replace("__VERSION__", version));
chmodSync("dist/bin.cjs", 0o755);
if (!process.argv.includes("--no-types")) {
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json"], { stdio: "inherit" });
}
