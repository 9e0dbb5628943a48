const block = 512;

/** A tar archive with one text file (ASCII), as `docker cp -` takes it. */
export function tarOf(name: string, text: string): string {
  const field = (value: string, length: number) => value.padEnd(length, "\0");
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const head = (sum: string) =>
    [
      field(name, 100),
      octal(0o600, 8),
      octal(0, 8),
      octal(0, 8),
      octal(text.length, 12),
      octal(0, 12),
      sum,
      "0",
      field("", 100),
      "ustar\x0000",
      field("", 247),
    ].join("");
  const sum = [...head(" ".repeat(8))].reduce((total, char) => total + char.charCodeAt(0), 0);
  const padding = "\0".repeat((block - (text.length % block)) % block);
  return `${head(`${octal(sum, 7)} `)}${text}${padding}${emptyTar}`;
}

/** The two empty blocks that end an archive. */
export const emptyTar = "\0".repeat(2 * block);

/** The ordinary files of an archive whose content is ASCII, by their last name. */
export function filesOf(tar: string): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; at + block <= tar.length; ) {
    const text = (from: number, length: number) =>
      tar.slice(at + from, at + from + length).replace(/\0.*$/s, "");
    const name = text(0, 100);
    if (name === "") break;
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const type = text(156, 1);
    if (type === "" || type === "0") {
      files.set(name.split("/").at(-1) ?? name, tar.slice(at + block, at + block + size));
    }
    at += block + Math.ceil(size / block) * block;
  }
  return files;
}
