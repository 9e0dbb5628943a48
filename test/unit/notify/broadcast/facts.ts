import type { BroadcastFacts, ChangeFacts } from "../../../../src/notify/broadcast/message.ts";

export const changes: ChangeFacts = {
  commits: 12,
  contributors: 3,
  features: ["api: pages are counted", "export as CSV"],
  fixes: ["login: no loop after logout"],
  breaking: ["the old API is gone: use /v2"],
  security: [],
  migrations: ["db/migrations/007_orders.sql"],
  risky: ["infrastructure (3 files)"],
};

export const facts: BroadcastFacts = {
  tag: "v1.2.3",
  rehearsal: false,
  commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  taggedAt: "2026-11-21T10:00:00Z",
  previous: "v1.2.2",
  repository: "octo/demo",
  environment: "prod",
  urls: {
    release: "https://github.example/octo/demo/releases/tag/v1.2.3",
    compare: "https://github.example/octo/demo/compare/v1.2.2...v1.2.3",
    dashboard: "https://grafana.example/d/abc",
    snapshot: "https://grafana.example/dashboard/snapshot/x?a=1&b=2",
    run: null,
  },
  changes,
  slo: ["Checkout: 12 panels: 12 ok"],
  incidents: [],
  migrationsExecuted: ["007_orders.sql applied"],
  metrics: ["Deployment frequency: 0.4 a day (12 deploys)"],
  toolVersion: "0.9.0",
};
