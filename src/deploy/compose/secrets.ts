import type { Secrets } from "../../core/mask.ts";
import { secretName } from "../without-secrets.ts";
import type { Container } from "./containers.ts";
import type { ComposeModel } from "./model.ts";

/** Registers the values of a model's variables that look like secrets by their names, and passwords in URLs. */
export function registerModel(secrets: Secrets, model: ComposeModel): void {
  for (const { environment = {} } of Object.values(model.services)) {
    for (const [name, value] of Object.entries(environment)) {
      if (value !== null) register(secrets, name, String(value).replaceAll("$$", "$"));
    }
  }
}

/** The same of what runs. */
export function registerContainers(secrets: Secrets, containers: readonly Container[]): void {
  for (const { Config } of containers) {
    for (const line of Config.Env ?? []) {
      const at = line.indexOf("=");
      register(secrets, line.slice(0, at), line.slice(at + 1));
    }
  }
}

function register(secrets: Secrets, name: string, value: string): void {
  if (secretName.test(name)) secrets.add(value);
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*?:([^/\s@]+)@/i.exec(value)?.[1];
  if (password !== undefined) secrets.add(password);
}
