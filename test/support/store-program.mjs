// A store as a user would write it: a folder behind four verbs, by the documented protocol.
import { createHash } from "node:crypto";
import { constants, copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const [folder, verb, name, file] = process.argv.slice(2);
if (process.env["STORE_FAILS"]) {
  console.error(process.env["STORE_FAILS"]);
  process.exit(9);
}
const at = name && join(folder, name);
const verbs = {
  stat() {
    if (!existsSync(at)) process.exit(3);
    const content = readFileSync(at);
    console.log(
      JSON.stringify({ bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") }),
    );
  },
  put() {
    try {
      copyFileSync(file, at, constants.COPYFILE_EXCL);
    } catch {
      process.exit(4);
    }
  },
  get() {
    if (!existsSync(at)) process.exit(3);
    copyFileSync(at, file);
  },
  list: () => console.log(readdirSync(folder).join("\n")),
  remove: () => rmSync(at, { force: true }),
};
if (process.env["STORE_KEEPS"] && (verb === "list" || verb === "remove")) process.exit(5);
verbs[verb]();
