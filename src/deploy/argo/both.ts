import { StepFailure } from "../../core/step.ts";

/** Takes the way back whatever becomes of the abort before it, and only then says that this failed. @throws StepFailure */
export async function afterAbort<T>(
  abort: () => Promise<unknown>,
  restore: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const failure = await abort().then(
    () => null,
    (error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof StepFailure) return error;
      throw error;
    },
  );
  const restored = await restore();
  if (failure === null) return restored;
  const message = `what was there is put back, but the rollout was not aborted: ${failure.message}`;
  throw new StepFailure(message, failure.remedy, failure.final);
}
