import type { ConfigFile } from "./file.ts";

/** Environments where a configuration names none. */
export const defaultEnvironments: readonly string[] = ["dev", "stage", "prod"];

/** The policy where there is no configuration file, and what `extends: default` stands for. */
export const defaultConfig: ConfigFile = {
  checks: {
    "env.allowed": true,
    "git.repository": true,
    "git.clean": true,
    "git.branch": true,
    "git.version": true,
    "git.tag": true,
    "env.variables": {
      required: ["RS_REQUIRED_PROCESS", "RS_API_URL", "RS_DEPLOY_TOKEN"],
      show: { process: "RS_REQUIRED_PROCESS", api_url: "RS_API_URL" },
    },
    "host.disk": true,
    "host.memory": true,
    process: { uses: "host.process", name: "${RS_REQUIRED_PROCESS}" },
    api: { uses: "http", url: "${RS_API_URL}" },
  },
};

/** What `env` asks where there is no configuration file. */
export const defaultEnvConfig: ConfigFile = {
  checks: {
    "env.allowed": true,
    "env.variables": { required: ["ENV", ["API_KEY", "TOKEN"], "SERVICE_URL", "VERSION"] },
  },
};

/** What `preflight` asks where there is no configuration file, besides what its flags name. */
export const defaultPreflightConfig: ConfigFile = {
  checks: { "host.disk": true, "host.memory": true },
};
