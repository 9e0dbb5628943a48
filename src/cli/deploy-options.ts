import { Option } from "commander";
import { type DriverName, driverNames } from "../deploy/settings.ts";
import {
  answerOptions,
  applyPlanOptions,
  commonOptions,
  configRefOption,
  type GateOptions,
  gateOptions,
  milliseconds,
  targetOptions,
} from "./options.ts";

/** Options of `apply`, `rollback` and `pin`. */
export interface DeployOptions extends Omit<GateOptions, "report"> {
  /** Of `apply` alone: the others ask no gate. */
  readonly report?: GateOptions["report"];
  readonly driver?: DriverName;
  readonly manifest?: readonly string[];
  readonly kustomize?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly serverSide?: boolean;
  readonly dryRun?: boolean;
  readonly allowWarnings?: boolean;
  /** False: `--no-way-back`. */
  readonly wayBack?: boolean;
  readonly to?: string;
  readonly image?: string;
  readonly verdict?: string;
  readonly verdictKey?: string;
  /** Milliseconds. */
  readonly waitLock?: number;
  readonly wait?: number;
  readonly watch?: number;
  readonly serviceUrl?: string;
}

const placeOptions = (): Option[] => [
  new Option("--driver <name>", "how it is deployed (or deploy.driver)").choices(driverNames),
  new Option("--context <name>", "context of kubectl or docker, whatever is current"),
  new Option("--namespace <name>", "namespace that is deployed to; objects in another one are refused"),
  new Option("--name <name>", "the application's name at the place (default: its first workload's)"),
];

const courseOptions = (): Option[] => [
  applyPlanOptions()[0] as Option,
  new Option("--wait <duration>", "how long it may take to become healthy (default: 5min)").argParser(
    milliseconds,
  ),
  new Option(
    "--wait-lock <duration>",
    "wait this long for another deploy to end (default: not at all)",
  ).argParser(milliseconds),
  new Option("--service-url <url>", "must answer 200 afterwards (or SERVICE_URL, or deploy.verify.url)"),
];

const reasonOption = (): Option =>
  new Option("--reason <text>", "why something unusual is right this time: recorded");

export const applyOptions = (): Option[] => [
  ...targetOptions(),
  ...placeOptions(),
  new Option("-f, --manifest <files...>", "files and folders that are applied; - is standard input"),
  new Option("-k, --kustomize <folder>", "a folder with a kustomization, instead of manifests"),
  new Option("--server-side", "apply on the server's side (default: as it was applied before)"),
  ...courseOptions(),
  new Option("--watch <duration>", "watch the golden signals before it counts as good").argParser(
    milliseconds,
  ),
  new Option("--allow-warnings", "deploy although the gate warns"),
  new Option("--no-way-back", "deploy although there is no way back; needs --reason"),
  new Option("--verdict <file>", "a signed verdict that stands for the gate"),
  new Option("--verdict-key <file>", "the public key that it must be signed with"),
  new Option(
    "--break-glass",
    "open the checks that this environment's policy lets break-glass open; needs --reason",
  ),
  reasonOption(),
  gateOptions()[1] as Option,
  configRefOption(),
  ...commonOptions(),
];

export const rollbackOptions = (): Option[] => [
  ...targetOptions().slice(0, 1),
  new Option("--to <release>", "version, revision or digest (default: the last known good)"),
  ...placeOptions(),
  ...courseOptions(),
  reasonOption(),
  configRefOption(),
  ...answerOptions(),
];

export const pinOptions = (): Option[] => [
  ...targetOptions().slice(0, 1),
  new Option("--image <name@digest>", "the image, by its digest: app@sha256:…"),
  ...placeOptions(),
  ...courseOptions(),
  reasonOption(),
  configRefOption(),
  ...answerOptions(),
];
