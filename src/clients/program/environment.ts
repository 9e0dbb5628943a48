/** What a program may know of our environment; everything else, secrets above all, stays here. */
const passed = new Set(
  [
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "TEMP", "TMP"],
    ["SystemRoot", "ComSpec", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData"],
    ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
    ["KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"],
    ["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"],
  ].flat(),
);
const passedFamily = /^(LC|XDG)_/;

/**
 * The environment a program is run with: the allow-listed part of ours, then what the request adds.
 * On Windows names are compared without case.
 */
export function programEnvironment(
  env: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>> = {},
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const windows = platform === "win32";
  const names = windows ? new Set([...passed].map((name) => name.toUpperCase())) : passed;
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const key = windows ? name.toUpperCase() : name;
    if (value !== undefined && (names.has(key) || passedFamily.test(key))) result[name] = value;
  }
  for (const [name, value] of Object.entries(added)) {
    const twin = windows
      ? Object.keys(result).find((known) => known.toUpperCase() === name.toUpperCase())
      : undefined;
    if (twin !== undefined) delete result[twin];
    result[name] = value;
  }
  return result;
}
