// `npm start`: the gate, on this very repository, for the version in package.json.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const args = ["--env", process.env["ENV"] || "dev", "--version", `v${version}`, ...process.argv.slice(2)];
const { status, signal } = spawnSync(process.execPath, ["dist/bin.cjs", ...args], { stdio: "inherit" });
process.exitCode = status ?? (signal === "SIGINT" ? 130 : 143);
