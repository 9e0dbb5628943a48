/**
 * The library: write your own checks, and ask the gate from your own program.
 * @module
 */
export type { Readers, SentinelCheck } from "../clients/readers.ts";
export {
  type Check,
  type Contradiction,
  type JudgeContext,
  type Limits,
  type ObserveContext,
  TryAgain,
  type Zod,
} from "../core/check.ts";
export { type ErrorCode, SentinelError } from "../core/errors.ts";
export type { Emit, SentinelEvent } from "../core/event.ts";
export type { Finding, Judgement, Kind, Metric, Status } from "../core/finding.ts";
export type { Json } from "../core/json.ts";
export type { Purpose, Target } from "../core/target.ts";
export type { Verdict, VerdictWord } from "../core/verdict.ts";
export { formats, render } from "../gate/report/index.ts";
export type { OwnStepContext, StepDefinition } from "../ritual/own-step.ts";
export type { RitualRelease } from "../ritual/release.ts";
export type { Payload, StepReport } from "../ritual/step.ts";
export { defineCheck } from "./define-check.ts";
export { defineStep } from "./define-step.ts";
export type { GateRequest, PreflightRequest } from "./request.ts";
export {
  createSentinel,
  type Sentinel,
  type SentinelOptions,
} from "./sentinel.ts";
