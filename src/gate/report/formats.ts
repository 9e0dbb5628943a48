/** What a report can be written as. By itself, so that reading flags does not load the reports. */
export const formats = ["pretty", "text", "json", "junit", "tap", "markdown", "sarif", "prometheus"] as const;

export type Format = (typeof formats)[number];
