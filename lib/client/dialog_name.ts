// What can be laid over the page.

export type DialogName = "settings" | "palette" | "shortcuts" | "outline" | "archive" | "trash";
