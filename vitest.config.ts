import { defineConfig } from "vitest/config";

/** Minutes: every fault and every kill at every moment, races of many processes, and whatever else can be met on the way. */
const everyFault = [
  "test/{e2e,unit}/**/{faults,publish-faults,killed,interrupted}.test.ts",
  "test/e2e/release/{again,gate,hooks,places,plans,secrets,taken,text,together,together-different}.test.ts",
  "test/e2e/{action/{events,forks},elsewhere/*,gitlab,ritual/{halted,own-steps}}.test.ts",
  "test/unit/{clients/ledger/git,clients/git/{large,marks},release/tag-places}.test.ts",
];

export default defineConfig({
  test: {
    pool: "forks",
    isolate: false,
    globalSetup: ["test/support/templates.ts"],
    // Many wait for servers, hooks and limits more than they compute.
    maxWorkers: 4,
    // What hangs is ended; nothing here says how quick a machine must be.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/architecture.test.ts"],
          exclude: everyFault,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/docs.test.ts"],
          exclude: everyFault,
        },
      },
      {
        extends: true,
        test: { name: "faults", include: everyFault },
      },
      {
        // With servers that are not on every machine: a cluster, a Docker engine, Prometheus.
        extends: true,
        test: {
          name: "real",
          include: ["test/real/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Servers do what they are told in a time of their own.
          expect: { poll: { timeout: 60_000, interval: 200 } },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: [
        "src/core/**",
        "src/gate/**",
        "src/config/**",
        "src/checks/**",
        "src/clients/git/parse.ts",
        "src/clients/ci/**",
      ],
      reporter: ["text-summary"],
      thresholds: { lines: 90, functions: 90, branches: 80 },
    },
  },
});
