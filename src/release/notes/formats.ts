export const notesFormats = ["markdown", "json", "plain"] as const;
export type NotesFormat = (typeof notesFormats)[number];
