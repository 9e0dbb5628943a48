import type { Proof } from "../../core/step.ts";

export function conflict(message: string, remedy?: string): Proof {
  return { state: "conflict", message, ...(remedy === undefined ? {} : { remedy }) };
}

export function notice(message: string, remedy?: string): Proof {
  return { state: "notice", message, ...(remedy === undefined ? {} : { remedy }) };
}

export function unknown(message: string, remedy?: string): Proof {
  return { state: "unknown", message, ...(remedy === undefined ? {} : { remedy }) };
}
