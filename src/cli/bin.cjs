#!/usr/bin/env node
"use strict";
// Old syntax only: a Node that is too old must be able to read this far, to be told what is needed.
var version = "__VERSION__";
var numbers = process.versions.node.split(".").map(Number);

function atLeast(minor, patch) {
  return numbers[1] > minor || (numbers[1] === minor && numbers[2] >= patch);
}

var args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  // A reader that has left has what it wanted.
  process.stdout.on("error", function (error) {
    if (error.code === "EPIPE") return;
    process.exitCode = 2;
    process.stderr.write("release-sentinel: cannot write to standard output: " + error.code + "\n");
  });
  process.stdout.write(version + "\n");
} else if (
  !(numbers[0] >= 26 || (numbers[0] === 24 && atLeast(15, 0)) || (numbers[0] === 22 && atLeast(22, 2)))
) {
  process.stderr.write(
    "release-sentinel: Node.js " +
      process.versions.node +
      " is too old: it needs 22.22.2 or newer of 22, 24.15 or newer of 24, or 26 and newer\n",
  );
  process.exitCode = 2;
} else {
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
  // In a folder of the user's own: what lies in a shared one could be somebody else's code.
  var home = process.env.HOME || process.env.LOCALAPPDATA;
  var cache = process.env.XDG_CACHE_HOME || (home && require("node:fs").existsSync(home) && home + "/.cache");
  if (process.env.NODE_COMPILE_CACHE) require("node:module").enableCompileCache();
  else if (cache) require("node:module").enableCompileCache(cache + "/release-sentinel");
  require("./main.cjs").start(verdict);
}
