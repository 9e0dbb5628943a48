/** A text as a YAML value: plain where nobody can take it for something else. */
export function yamlWord(text: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

export function yamlList(items: readonly string[]): string {
  return `[${items.map(yamlWord).join(", ")}]`;
}
