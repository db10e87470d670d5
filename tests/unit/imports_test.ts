// Who may import whom (DESIGN 7), as data, checked over every module of the app.
import { assert, assertEquals } from "@std/assert";
import { importsOf, type Module, readModules } from "../support/modules.ts";

/** Folders of `lib/` by level. Imports go downward only; folders of one level do not import each other. */
const LEVELS: Record<string, number> = {
  core: 0,
  protocol: 1,
  observe: 1,
  resilience: 1,
  parallel: 1,
  kv: 2,
  bus: 3,
  jobs: 3,
  models: 3,
  chat: 3,
  limits: 3,
  usage: 3,
  auth: 3,
  context: 4,
  tools: 4,
  documents: 4,
  generate: 5,
  http: 6,
};

/** Folders beside the levels: what each may import of the app, beyond itself. */
const ASIDE: Record<string, readonly string[]> = {
  "lib/client": ["lib/core", "lib/protocol"],
  // Another package, which knows nothing of the app.
  "lib/jsr": [],
  components: ["lib/core", "lib/protocol", "lib/client"],
  islands: ["components", "lib/core", "lib/protocol", "lib/client"],
  // HTTP only: parse, authorise, one call, respond.
  routes: ["components", "islands", "lib/core", "lib/protocol", "lib/http"],
};

/** Single files: the configuration is read by whoever composes; the composition root knows everyone. */
const CONFIG_MAY = ["lib/core", "lib/protocol", "lib/observe", "lib/models", "lib/chat"];
const ROOTS = new Set(["main.ts", "parallel.ts", "dev.ts", "report.ts", "fresh.config.ts", "lib/app.ts"]);

/** Takes the types of values upward, so that the whole schema is one page. */
const SCHEMA = "lib/kv/keys.ts";

/** What weighs too much to be loaded before it is needed. */
const LAZY_PACKAGES = ["openai", "@anthropic-ai/sdk"];
/** Where the browser's modules begin. */
const BROWSER_ROOTS = ["islands/", "lib/client/"];
const SERVER_PACKAGES = ["zod", "cookie", "tokenx", "preact-render-to-string", ...LAZY_PACKAGES];

/** What only one module may call: DESIGN 7's "arrive as arguments". `dev.ts` and the builder run on no server. */
const SOLE_CALLERS: { call: RegExp; what: string; allowed: RegExp }[] = [
  { call: /\bDeno\s*\.\s*env\b/, what: "Deno.env", allowed: /^(lib\/config\.ts|dev\.ts|lib\/jsr\/.*)$/ },
  { call: /\bDeno\s*\.\s*openKv\b/, what: "Deno.openKv", allowed: /^lib\/kv\/open\.ts$/ },
];

/** The rules that `modules` break, one sentence each. */
function violations(modules: readonly Module[]): string[] {
  const found: string[] = [];
  const byPath = new Map(modules.map((module) => [module.path, module]));
  for (const { path, code, imports } of modules) {
    for (const { target, package: name, typeOnly, dynamic } of imports) {
      if (target !== null) {
        if (!byPath.has(target)) found.push(`${path} imports ${target}, which is no module of the app`);
        else if (!mayImport(path, target, typeOnly)) found.push(`${path} imports ${target}`);
      } else if (name !== null && LAZY_PACKAGES.includes(packageOf(name)) && !dynamic && !typeOnly) {
        found.push(`${path} imports ${name} before it is needed`);
      }
    }
    for (const { call, what, allowed } of SOLE_CALLERS) {
      if (call.test(code) && !allowed.test(path)) found.push(`${path} uses ${what}`);
    }
  }
  for (const [path, via] of loadedByBrowser(byPath)) {
    for (const { package: name, typeOnly } of byPath.get(path)!.imports) {
      if (name === null || typeOnly || !SERVER_PACKAGES.includes(packageOf(name))) continue;
      found.push(`${path} brings ${name} into the browser (${via.join(" → ")})`);
    }
  }
  return found;
}

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (ROOTS.has(from)) return true;
  if (ROOTS.has(to)) return false;
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === target) return true;
  if (from === "lib/config.ts") return CONFIG_MAY.includes(target);
  const aside = ASIDE[source];
  if (aside !== undefined) return aside.includes(target);
  if (from === SCHEMA && typeOnly) return levelOf(target) !== undefined;
  const [above, below] = [levelOf(source), levelOf(target)];
  return above !== undefined && below !== undefined && above > below;
}

/** `lib/<folder>`, or the first folder; a file of no folder is its own. */
function folderOf(path: string): string {
  const [first = "", second, third] = path.split("/");
  return first === "lib" && third !== undefined ? `${first}/${second}` : second === undefined ? path : first;
}

function levelOf(folder: string): number | undefined {
  const name = folder.replace(/^lib\//, "");
  return folder.startsWith("lib/") && Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined;
}

/** `@scope/name/sub` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Every module that a browser loads, with the way there. Types are erased, and lead nowhere. */
function loadedByBrowser(byPath: ReadonlyMap<string, Module>): Map<string, string[]> {
  const roots = [...byPath.keys()].filter((path) => BROWSER_ROOTS.some((root) => path.startsWith(root)));
  const ways = new Map(roots.map((path): [string, string[]] => [path, [path]]));
  // A Map visits what is added to it meanwhile; no path is added twice.
  for (const [path, way] of ways) {
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (typeOnly || target === null || ways.has(target) || !byPath.has(target)) continue;
      ways.set(target, [...way, target]);
    }
  }
  return ways;
}

const app = await readModules([
  "lib",
  "routes",
  "islands",
  "components",
  "main.ts",
  "parallel.ts",
  "dev.ts",
  "report.ts",
  "fresh.config.ts",
]);

Deno.test("DESIGN 7: imports go downward only", () => {
  assert(app.length > 100, `only ${app.length} modules were found`);
  assertEquals(violations(app), []);
});

Deno.test("DESIGN 7: every folder of lib/ has a level, or a rule of its own", () => {
  const folders = new Set(
    app.map(({ path }) => folderOf(path)).filter((folder) => /^lib\/[^.]+$/.test(folder)),
  );
  assertEquals(
    [...folders].filter((folder) => levelOf(folder) === undefined && !Object.hasOwn(ASIDE, folder)),
    [],
  );
});

/** Each planted module, and what must be said of it. */
const PLANTED: [path: string, code: string, said: string][] = [
  [
    "lib/core/a.ts",
    `import { json } from "../http/respond.ts";`,
    "lib/core/a.ts imports lib/http/respond.ts",
  ],
  ["lib/bus/a.ts", `import type { Job } from "../jobs/job.ts";`, "lib/bus/a.ts imports lib/jobs/job.ts"],
  ["lib/kv/a.ts", `import type { Head } from "../bus/head.ts";`, "lib/kv/a.ts imports lib/bus/head.ts"],
  [
    "lib/kv/keys.ts",
    `import { encode } from "../bus/packed.ts";`,
    "lib/kv/keys.ts imports lib/bus/packed.ts",
  ],
  ["lib/http/a.ts", `export * from "../app.ts";`, "lib/http/a.ts imports lib/app.ts"],
  ["lib/http/a.ts", `const a = await import("../client/api.ts");`, "lib/http/a.ts imports lib/client/api.ts"],
  ["lib/client/a.ts", `import "@/lib/kv/open.ts";`, "lib/client/a.ts imports lib/kv/open.ts"],
  [
    "islands/A.tsx",
    `export {\n  json,\n} from\n  "../lib/http/respond.ts";`,
    "islands/A.tsx imports lib/http/respond.ts",
  ],
  ["components/A.tsx", `import A from "../islands/Chat.tsx";`, "components/A.tsx imports islands/Chat.tsx"],
  [
    "islands/A.tsx",
    `import { ChatPage } from "../routes/(_page)/ChatPage.tsx";`,
    "islands/A.tsx imports routes/(_page)/ChatPage.tsx",
  ],
  ["routes/a.ts", `import { openKv } from "../lib/kv/open.ts";`, "routes/a.ts imports lib/kv/open.ts"],
  ["lib/jsr/a/mod.ts", `import "../../core/ids.ts";`, "lib/jsr/a/mod.ts imports lib/core/ids.ts"],
  [
    "lib/core/a.ts",
    `import "./nowhere.ts";`,
    "lib/core/a.ts imports lib/core/nowhere.ts, which is no module of the app",
  ],
  ["lib/http/a.ts", `const key = Deno.env.get("KEY");`, "lib/http/a.ts uses Deno.env"],
  ["lib/bus/a.ts", `const kv = await Deno.openKv();`, "lib/bus/a.ts uses Deno.openKv"],
  ["lib/models/a.ts", `import OpenAI from "openai";`, "lib/models/a.ts imports openai before it is needed"],
  [
    "lib/client/a.ts",
    `import { z } from "zod";`,
    "lib/client/a.ts brings zod into the browser (lib/client/a.ts)",
  ],
];

Deno.test("DESIGN 7: the checker notices each kind of planted violation", () => {
  for (const [path, code, said] of PLANTED) {
    const others = app.filter((module) => module.path !== path);
    const found = violations([...others, { path, code, imports: importsOf(path, code) }]);
    assertEquals(found.filter((one) => one.startsWith(path)), [said], code);
  }
});

Deno.test("DESIGN 7: what an island imports brings along what that imports, unless it is a type", () => {
  const modules = [
    ["islands/A.tsx", `import type { B } from "../lib/client/b.ts"; import { c } from "../lib/client/c.ts";`],
    ["lib/client/c.ts", `export { d } from "../protocol/d.ts"; import type { e } from "../protocol/e.ts";`],
    ["lib/protocol/d.ts", `const { z } = await import("npm:zod@4");`],
    ["lib/protocol/e.ts", `import { z } from "zod"; import { d } from "./d.ts";`],
    ["lib/client/b.ts", ""],
  ].map(([path = "", code = ""]) => ({ path, code, imports: importsOf(path, code) }));
  assertEquals(violations(modules), [
    "lib/protocol/d.ts brings zod into the browser (lib/client/c.ts → lib/protocol/d.ts)",
  ]);
});

Deno.test("DESIGN 7: what only looks like an import is none", () => {
  const code = [
    `// import { a } from "../http/a.ts";`,
    `/* import { a } from "../http/a.ts"; */`,
    'const text = `import { a } from "../http/a.ts"`;',
    `const other = 'import("../http/a.ts")'; const url = "http://x/*"; /* Deno.openKv */`,
    `const pattern = /import "x"/; const quote = /["']/;`,
    'const made = `${await import("./b.ts")} ${`${1}`}`;',
    `import type { C } from "./c.ts";`,
    `import { type D, E } from "./d.ts";`,
    `export type { F } from "npm:@a/zod@4.6.7/v4";`,
    `export const from = "./nothing.ts";`,
  ].join("\n");
  assertEquals(importsOf("lib/core/x.ts", code), [
    { target: "lib/core/b.ts", package: null, typeOnly: false, dynamic: true },
    { target: "lib/core/c.ts", package: null, typeOnly: true, dynamic: false },
    { target: "lib/core/d.ts", package: null, typeOnly: false, dynamic: false },
    { target: null, package: "@a/zod/v4", typeOnly: true, dynamic: false },
  ]);
});
