import { gitEnvironment } from "./command.ts";
import type { GitSettings } from "./writer-config.ts";

/**
 * git as its user has it: hooks, credential helpers, ssh. What is missing is somebody to answer a question:
 * a program that would open a window to ask one is only kept where it was named on purpose.
 */
export function userEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Hooks may take the optional locks, as they do for the user.
  const { GIT_OPTIONAL_LOCKS: _, ...kept } = gitEnvironment(env);
  const result: NodeJS.ProcessEnv = { ...kept, GIT_EDITOR: "true" };
  result["GCM_INTERACTIVE"] ??= "never";
  const onDesktop = Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  const forced = env["SSH_ASKPASS_REQUIRE"] === "force" || (env["SSH_ASKPASS"] && !onDesktop);
  if (!forced) {
    delete result["SSH_ASKPASS"];
    result["SSH_ASKPASS_REQUIRE"] = "never";
  }
  return result;
}

/** Without a terminal or screen on which an agent could ask for a passphrase. */
export function unattended(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GPG_TTY: _, DISPLAY: __, WAYLAND_DISPLAY: ___, ...kept } = env;
  return kept;
}

/** ssh that fails instead of asking, unless the user has said how ssh is run. */
export function batchSsh(env: NodeJS.ProcessEnv, settings: GitSettings): Readonly<Record<string, string>> {
  const variant = env["GIT_SSH_VARIANT"] ?? settings.last("ssh.variant") ?? "auto";
  const own = env["GIT_SSH_COMMAND"] || env["GIT_SSH"] || settings.last("core.sshcommand");
  return own || !["auto", "ssh"].includes(variant) ? {} : { GIT_SSH_COMMAND: "ssh -o BatchMode=yes" };
}
