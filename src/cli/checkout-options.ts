import { Option } from "commander";

/** Options of the commands that look at a repository without changing its files. */
export interface CheckoutOptions {
  readonly repo?: string;
  readonly ref?: string;
}

export const checkoutOptions = (): Option[] => [
  new Option(
    "--repo <repository>",
    "a repository to clone for this one run: OWNER/NAME on GitHub, a URL, or a path (credentials: GIT_TOKEN, GITHUB_TOKEN)",
  ),
  new Option("--ref <ref>", "its branch, tag or commit (default: its default branch)"),
];
