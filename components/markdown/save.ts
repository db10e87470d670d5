// Saves code as a file. Loaded when somebody does.

/** What files of a language end with, where it is not the language's own name. */
const ENDINGS: Readonly<Record<string, string>> = {
  bash: "sh",
  csharp: "cs",
  dockerfile: "Dockerfile",
  golang: "go",
  javascript: "js",
  kotlin: "kt",
  latex: "tex",
  markdown: "md",
  objectivec: "m",
  perl: "pl",
  plaintext: "txt",
  powershell: "ps1",
  python: "py",
  ruby: "rb",
  rust: "rs",
  shell: "sh",
  text: "txt",
  typescript: "ts",
  yaml: "yml",
  "c++": "cpp",
  "c#": "cs",
};

/** The name of a file of code, by what a model calls its language: that is not trusted to be a file's ending. */
export function fileName(language: string): string {
  const name = language.toLowerCase();
  const ending = Object.hasOwn(ENDINGS, name) ? ENDINGS[name]! : /^[a-z0-9]{1,10}$/.test(name) ? name : "txt";
  return ending === "Dockerfile" ? ending : `code.${ending}`;
}

/** A browser reads the file after the click, and tells nobody when it has. */
const KEEP_MS = 60_000;

/** Hands `source` to the person as a file. */
export function save(source: string, language: string): void {
  const url = URL.createObjectURL(new Blob([source], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(language);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
