// Modules as text: what they import, and their code without comments and strings.
import { join, ROOT } from "./paths.ts";

/** One import, re-export or `import()`. */
export interface Import {
  /** Path from the root of the project; null for a package. */
  target: string | null;
  /** The package's name, with its subpath and without its version; null for a module of the project. */
  package: string | null;
  /** Erased before it runs. */
  typeOnly: boolean;
  dynamic: boolean;
}

export interface Module {
  /** From the root of the project. */
  path: string;
  /** Without comments; what stood in strings is blank. */
  code: string;
  imports: Import[];
}

/** A project that fits one head has fewer; more is a folder that does not belong here. */
const MODULES_MAX = 2_000;

/** The modules at and below `paths`, data included and tests aside. */
export async function readModules(paths: readonly string[]): Promise<Module[]> {
  const modules: Module[] = [];
  for (const path of paths) await collect(path, modules);
  return modules;
}

async function collect(path: string, into: Module[]): Promise<void> {
  if (into.length > MODULES_MAX) throw new Error(`More than ${MODULES_MAX} modules, at ${path}`);
  if ((await Deno.stat(join(ROOT, path))).isFile) {
    if (!/\.(?:tsx?|json)$/.test(path)) return;
    const source = await Deno.readTextFile(join(ROOT, path));
    into.push({ path, code: blanked(source).code, imports: importsOf(path, source) });
    return;
  }
  for await (const { name } of Deno.readDir(join(ROOT, path))) {
    if (name !== "tests") await collect(`${path}/${name}`, into);
  }
}

/** A declaration up to its specifier, whose text is at the place of the blank string. */
const STATIC = /\b(import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?(?:\s*[\w$*\s{},]*?\bfrom)?\s*"( *)"/g;
const DYNAMIC = /\bimport\s*\(\s*"( *)"/g;

/** What the module at `path` imports, in the order of its text; `import()` first. */
export function importsOf(path: string, source: string): Import[] {
  const { code, strings } = blanked(source);
  const imports: Import[] = [];
  const add = (at: number, typeOnly: boolean, dynamic: boolean) => {
    const specifier = strings.get(at);
    if (specifier === undefined) throw new Error(`${path}: no string at ${at}`);
    imports.push({ ...resolved(path, specifier), typeOnly, dynamic });
  };
  for (const match of code.matchAll(DYNAMIC)) {
    add(match.index + match[0].length - match[1]!.length - 2, false, true);
  }
  for (const match of code.matchAll(STATIC)) {
    add(match.index + match[0].length - match[3]!.length - 2, match[2] !== undefined, false);
  }
  return imports;
}

function resolved(path: string, specifier: string): Pick<Import, "target" | "package"> {
  if (specifier.startsWith("@/")) return { target: specifier.slice(2), package: null };
  if (/^\.{1,2}\//.test(specifier)) {
    return { target: decodeURI(new URL(specifier, `file:///${path}`).pathname).slice(1), package: null };
  }
  // `npm:zod@4.6.7/v4` and `zod/v4` are one package.
  const name = specifier.replace(/^(?:npm|jsr):\/?/, "").replace(/^(@?[^@]+?)@[^/]*/, "$1");
  return { target: null, package: name };
}

/** Where an expression may begin, a slash begins a pattern; elsewhere it divides. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};<>+\-*%~^]|\b(?:return|typeof|case|in|of|await|yield|void|=>))\s*$/;

/**
 * The code with comments left out and every string as blanks between double quotes, and the strings by where they
 * begin. Line breaks stay. Templates are blank too, but what stands in their `${…}` is code.
 */
function blanked(source: string): { code: string; strings: Map<number, string> } {
  const strings = new Map<number, string>();
  /** For each template that is open: how deep in braces its expression is. */
  const templates: number[] = [];
  let code = "";
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0] ?? null;
    if (text !== null) at += text.length;
    return text;
  };
  const keepLines = (text: string) => text.replace(/[^\n]/g, " ");
  while (at < source.length) {
    const char = source[at]!;
    const comment = take(/\/\/[^\n]*|\/\*[^]*?\*\//y);
    if (comment !== null) {
      code += keepLines(comment);
      continue;
    }
    const string = take(/"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y);
    if (string !== null) {
      strings.set(code.length, string.slice(1, -1));
      code += `"${" ".repeat(string.length - 2)}"`;
      continue;
    }
    if (char === "`" || (char === "}" && templates.at(-1) === 0)) {
      if (char === "}") templates.pop();
      at++;
      const text = take(/(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y) ?? "";
      if (text.endsWith("${")) templates.push(0);
      code += ` ${keepLines(text)}`;
      continue;
    }
    if (char === "/" && BEFORE_PATTERN.test(code.slice(-40))) {
      const pattern = take(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y);
      if (pattern !== null) {
        code += keepLines(pattern);
        continue;
      }
    }
    const depth = templates.length - 1;
    if (depth >= 0 && char === "{") templates[depth]!++;
    if (depth >= 0 && char === "}") templates[depth]!--;
    code += char;
    at++;
  }
  return { code, strings };
}
