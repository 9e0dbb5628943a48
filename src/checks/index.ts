import type { Readers } from "../clients/readers.ts";
import type { Check } from "../core/check.ts";
import { calendarFreeze } from "./calendar/freeze.ts";
import { envAllowed } from "./env/allowed.ts";
import { envSecrets } from "./env/secrets.ts";
import { envVariables } from "./env/variables.ts";
import { gitBranch } from "./git/branch.ts";
import { gitClean } from "./git/clean.ts";
import { gitHistory } from "./git/history.ts";
import { gitOrder } from "./git/order.ts";
import { gitPushed } from "./git/pushed.ts";
import { gitRepository } from "./git/repository.ts";
import { gitSigned } from "./git/signed.ts";
import { gitTag } from "./git/tag.ts";
import { gitTagRemote } from "./git/tag-remote.ts";
import { gitVersion } from "./git/version.ts";
import { hostDisk } from "./host/disk.ts";
import { hostMemory } from "./host/memory.ts";
import { hostProcess } from "./host/process.ts";
import { hostTool } from "./host/tool.ts";
import { http } from "./net/http.ts";
import { tcp } from "./net/tcp.ts";
import { tls } from "./net/tls.ts";
import { exec } from "./program/exec.ts";
import { repoSecrets } from "./repo/secrets.ts";
import { sloBudget } from "./slo/budget.ts";
import { sloBurn } from "./slo/burn.ts";

/** Every check there is, in the order in which the catalogue shows them. */
// biome-ignore lint/suspicious/noExplicitAny: options and observations differ from check to check
export const catalogue: readonly Check<any, any, Readers>[] = [
  // The repository
  gitRepository,
  gitClean,
  gitBranch,
  gitVersion,
  gitOrder,
  gitTag,
  gitTagRemote,
  gitPushed,
  gitSigned,
  gitHistory,
  repoSecrets,
  // The environment
  envAllowed,
  envVariables,
  envSecrets,
  // The calendar
  calendarFreeze,
  // The host
  hostDisk,
  hostMemory,
  hostProcess,
  hostTool,
  // What the release depends on
  http,
  tcp,
  tls,
  exec,
  // What the service promises
  sloBudget,
  sloBurn,
];
