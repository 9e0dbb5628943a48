"use strict";
// Old syntax only: a Node that is too old must be able to read this far, to be told what is needed.
var numbers = process.versions.node.split(".").map(Number);
if (!(numbers[0] >= 24 || (numbers[0] === 22 && numbers[1] >= 22))) {
  process.stdout.write(
    (process.env.GITHUB_ACTIONS === "true" ? "::error title=release-sentinel::" : "release-sentinel: ") +
      "Node.js " +
      process.versions.node +
      " is too old: it needs 24, or 22.22 and newer of 22. A runner from v2.327.1 on brings 24: update it\n",
  );
  process.exit(2);
}
// Whatever ends this process before there is a verdict must not look like SAFE, nor end without a word.
var verdict = { code: 2, reached: false };
process.on("exit", function () {
  process.exitCode = verdict.code;
  if (verdict.reached) return;
  try {
    require("node:fs").writeSync(
      2,
      "release-sentinel: ended before there was a verdict: a plugin may have ended the process\n",
    );
  } catch (_) {
    // nobody is listening
  }
});
