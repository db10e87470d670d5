import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Builder } from "fresh/dev";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { checkClientSize, makeBuildId } from "../src/dev/assets.ts";
import { FIXTURE, temporaryFolder } from "./support.ts";

/** What a page with one counter may load: the runtime, Preact, signals and the island. */
const COUNTER_GZIP_BYTES_MAX = 14 * 1024;

const CONFIG = fileURLToPath(new URL("../../../../deno.json", import.meta.url));

function builder(outDir: string, options: { staticDir?: string } = {}): Builder {
  return new Builder({ root: FIXTURE.href, outDir, ...options });
}

async function snapshotOf(outDir: string): Promise<{ buildId: string; assets: { path: string }[] }> {
  // A new URL each time: a module once loaded stays what it was.
  return await import(`file://${outDir}/snapshot.js?${crypto.randomUUID()}`);
}

async function buildsIn(outDir: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(`${outDir}/static/_fresh/js`))).map(({ name }) => name).sort();
}

Deno.test(`a page with a counter loads less than ${COUNTER_GZIP_BYTES_MAX} bytes of script`, async () => {
  await using folder = await temporaryFolder();
  await builder(folder.path).build();
  const { buildId } = await snapshotOf(folder.path);
  const read = (name: string) => Deno.readFile(`${folder.path}/static/_fresh/js/${buildId}/${name}`);
  const names = new Set(["fresh-runtime.js", "islands.js"]);
  let total = 0;
  for (const name of names) {
    const bytes = await read(name);
    total += gzipSync(bytes, { level: 9 }).length;
    for (const [, imported] of new TextDecoder().decode(bytes).matchAll(/"\.\/([\w.-]+\.js)"/g)) {
      names.add(imported!);
    }
  }
  console.log(`counter page: ${total} bytes of script after gzip -9, in ${names.size} modules`);
  assertLess(total, COUNTER_GZIP_BYTES_MAX);
  assertEquals((await read("fresh-runtime.js")).includes(0), false);
});

Deno.test("the same input makes the same build; another static file makes another", async () => {
  await using folder = await temporaryFolder();
  const outDir = `${folder.path}/out`;
  await builder(outDir).build();
  const first = await Deno.readTextFile(`${outDir}/snapshot.js`);
  await builder(outDir).build();
  assertEquals(await Deno.readTextFile(`${outDir}/snapshot.js`), first);
  assertEquals((await buildsIn(outDir)).length, 1);

  const staticDir = `${folder.path}/static`;
  await Deno.mkdir(staticDir);
  for (const content of ["one", "two", "three"]) {
    await Deno.writeTextFile(`${staticDir}/a.txt`, content);
    await builder(outDir, { staticDir }).build();
  }
  const { buildId } = await snapshotOf(outDir);
  const kept = await buildsIn(outDir);
  assertEquals([kept.length, kept.includes(buildId)], [2, true], "the current build and the one before");
  const left = (await Array.fromAsync(Deno.readDir(outDir))).map(({ name }) => name).sort();
  assertEquals(left, ["server.js", "snapshot.js", "static"], "no temporary file is left");
});

Deno.test("what a killed build left is removed once it cannot be one that still runs", async () => {
  await using folder = await temporaryFolder();
  const [old, young] = [`${folder.path}/tmp-old`, `${folder.path}/tmp-young`];
  await Promise.all([Deno.mkdir(old), Deno.mkdir(young)]);
  const yesterday = new Date(Date.now() - 86_400_000);
  await Deno.utime(old, yesterday, yesterday);
  await builder(folder.path).build();
  assert((await Deno.stat(young)).isDirectory);
  await assertRejects(() => Deno.stat(old), Deno.errors.NotFound);
});

Deno.test("builds at once all succeed and leave one whole build", async () => {
  await using folder = await temporaryFolder();
  await Promise.all(Array.from({ length: 4 }, () => builder(folder.path).build()));
  const { buildId, assets } = await snapshotOf(folder.path);
  assertEquals(await buildsIn(folder.path), [buildId]);
  for (const { path } of assets.filter((asset) => asset.path.startsWith("/_fresh/"))) {
    assert((await Deno.stat(`${folder.path}/static${path}`)).isFile);
  }
});

Deno.test("main.ts serves what was built, also after a later build has taken its files away", async () => {
  await using folder = await temporaryFolder();
  await builder(folder.path).build();
  await using server = await serveFixture("main.ts", `${folder.path}/server.js`);
  const html = await (await fetch(server.url)).text();
  const module = html.match(/src="([^"]+fresh-runtime\.js)"/)![1]!;
  await Deno.remove(folder.path, { recursive: true });
  await Deno.mkdir(folder.path);
  const response = await fetch(new URL(module, server.url), { headers: { "accept-encoding": "br" } });
  assertEquals(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  assertStringIncludes(await response.text(), "__FRSH_STATE");
});

Deno.test("the development server serves islands, and tells each page which process it came from", async () => {
  await using server = await serveFixture("dev.ts");
  const html = await (await fetch(server.url)).text();
  assertStringIncludes(html, `src="/_frsh/live.js"`);
  const runtime = html.match(/src="([^"]+fresh-runtime\.js)"/)![1]!;
  assertStringIncludes(await (await fetch(new URL(runtime, server.url))).text(), "__FRSH_STATE");
  assertStringIncludes(await (await fetch(`${server.url}_frsh/live.js`)).text(), "/_frsh/alive");
  assertEquals(await versionOf(server.url), await versionOf(server.url));
  const plain = await fetch(`${server.url}_frsh/alive`);
  assertEquals([plain.status, await plain.text()], [426, "Upgrade to a WebSocket"]);
});

Deno.test("a deployment's id changes the build's id", async () => {
  const files = [new Map([["/a", new Uint8Array([1])]]), new Map()];
  const id = (env: Record<string, string>) => makeBuildId(files, (name) => env[name]);
  assertEquals(await id({}), await id({}));
  assert(/^[0-9a-f]{40}$/.test(await id({})));
  const ids = await Promise.all([
    id({}),
    id({ GITHUB_SHA: "1" }),
    id({ DENO_DEPLOYMENT_ID: "2", GITHUB_SHA: "1" }),
  ]);
  assertEquals(new Set(ids).size, 3);
});

Deno.test("a client too large for memory is refused, with its largest modules", () => {
  const bodies = (length: number) => ({ identity: { length }, br: { length: 1 } });
  const files = [{ path: "/small.js", bodies: bodies(10) }, { path: "/large.js", bodies: bodies(100) }];
  checkClientSize(files, 112);
  const error = assertThrows(() => checkClientSize(files, 111), Error, "are 112 bytes; 111 is the limit");
  assertStringIncludes(error.message, "/large.js: 101\n  /small.js: 11");
});

Deno.test("a build of islands that do not compile fails and changes nothing", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/islands`);
  await Deno.writeTextFile(
    `${folder.path}/islands/Bad.js`,
    `import "./missing.js"; export default () => null;`,
  );
  const broken = new Builder({ root: folder.path });
  await assertRejects(() => broken.build(), Error);
  assertEquals(await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name), ["islands"]);
});

/** A process of the fixture, ended with its block. */
async function serveFixture(script: string, ...args: string[]): Promise<{ url: string } & AsyncDisposable> {
  const process = new Deno.Command(Deno.execPath(), {
    // The fixture is written as an app is: it knows "fresh" from the project's import map.
    args: ["run", "-A", "--no-check", `--config=${CONFIG}`, new URL(script, FIXTURE).href, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  let port: string | undefined;
  while (port === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The fixture ended without listening; it said: ${said}`);
    said += value;
    port = said.match(/(\d+)\/?\n/)?.[1];
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      process.kill();
      await reader.cancel();
      await process.status;
    },
  };
}

/** What a page of the development server is told first. */
async function versionOf(url: string): Promise<string> {
  const socket = new WebSocket(`${url.replace("http", "ws")}_frsh/alive`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.onmessage = ({ data }) => resolve(data);
  socket.onerror = () => reject(new Error("The socket failed"));
  const version = await promise;
  const closed = new Promise((done) => socket.onclose = done);
  socket.close();
  await closed;
  return version;
}
