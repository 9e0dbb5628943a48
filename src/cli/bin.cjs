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
  // Whatever ends this process before there is a verdict must not look like SAFE.
  var verdict = { code: 2 };
  process.on("exit", () => {
    process.exitCode = verdict.code;
  });
  require("node:module").enableCompileCache();
  require("./main.cjs").start(verdict);
}
