// One Chromium process: where its files are, how it starts, how it ends.
//   C1  Unpacked once per version and user, by a rename, so that two test runs at once never see half a browser.
//   C2  Ended by process id, with every process it started; its profile is removed.
import { fromFileUrl, join, tmpdir } from "./paths.ts";
import { allGone, descendants } from "./processes.ts";

/** Of the npm package, hence of the browser. Kept equal to deno.json by a test. */
export const CHROMIUM_VERSION = "153.0.0";

/** A cold start takes 0.1 s here; 30 s is a machine that is busy, more is one that hangs. */
const START_MS_MAX = 30_000;
/** How much of a dead browser's last words is quoted. */
const STDERR_CHARS_MAX = 4_000;

/** Tells the browser where its fonts are, within the unpacked folder. */
const FONTS_CONF = "fonts.conf";

const ARGS = [
  "--headless",
  // Containers run as root and have a /dev/shm of 64 MB: neither the sandbox nor shared memory works there.
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  // Nothing may leave this machine, and nothing may ask a question.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-pings",
  "--password-store=basic",
  // Pictures that differ as little as possible from machine to machine.
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

/** A headless browser has no mouse, and so no hovering and no fine pointer. This one has. */
const MOUSE =
  "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4";

export interface ChromiumOptions {
  mouse?: boolean;
}

export interface ChromiumProcess {
  pid: number;
  /** Where a debugger connects. */
  endpoint: string;
  /** What it said when it ended by itself; null while it runs. */
  lastWords(): string | null;
  /** Kills the browser and all it started, then removes its profile. */
  kill(): Promise<void>;
}

/** Starts a browser with a profile of its own. `CHROMIUM_PATH` names one to use in place of the npm package's. */
export async function startChromium({ mouse = false }: ChromiumOptions = {}): Promise<ChromiumProcess> {
  const own = Deno.env.get("CHROMIUM_PATH");
  const folder = own === undefined ? await unpackedChromium() : null;
  const profile = await Deno.makeTempDir({ prefix: "throughline-profile-" });
  const child = new Deno.Command(own ?? join(folder!, "chromium"), {
    args: [...ARGS, ...(mouse ? [MOUSE] : []), `--user-data-dir=${profile}`, "about:blank"],
    // The package ships the few libraries that a bare Debian or Amazon Linux lacks, and a font.
    env: folder === null
      ? {}
      : { LD_LIBRARY_PATH: join(folder, "al2023", "lib"), FONTCONFIG_FILE: join(folder, FONTS_CONF) },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();

  let ended = false;
  child.status.then(() => ended = true);
  const kill = async () => {
    const family = [child.pid, ...descendants(child.pid)];
    if (!ended) child.kill("SIGKILL");
    await child.status;
    await stderr.done;
    await allGone(family);
    await Deno.remove(profile, { recursive: true });
  };

  const stderr = watchStderr(child);
  try {
    return {
      pid: child.pid,
      endpoint: await stderr.endpoint,
      lastWords: () => ended ? stderr.text() : null,
      kill,
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** The debugger's address, announced on stderr, and the end of stderr, which is read to its end so that it never blocks. */
function watchStderr(
  child: Deno.ChildProcess,
): { endpoint: Promise<string>; text: () => string; done: Promise<void> } {
  const found = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(
    () => found.reject(new Error(`Chromium did not say where it listens within ${START_MS_MAX} ms: ${text}`)),
    START_MS_MAX,
  );
  const done = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-STDERR_CHARS_MAX);
      const match = /DevTools listening on (ws:\S+)/.exec(text);
      if (match?.[1] !== undefined) found.resolve(match[1]);
    }
    found.reject(new Error(`Chromium ended before it listened. It said: ${text}`));
  })().finally(() => clearTimeout(timer));
  found.promise.then(() => clearTimeout(timer), () => clearTimeout(timer));
  return { endpoint: found.promise, text: () => text, done };
}

/** The folder of the unpacked browser, made when it is not there yet (C1). */
export async function unpackedChromium(parent: string = tmpdir()): Promise<string> {
  const folder = join(parent, `throughline-chromium-${CHROMIUM_VERSION}-${Deno.uid() ?? "user"}`);
  if (await isOurs(folder)) return folder;
  const making = await Deno.makeTempDir({ dir: parent, prefix: "throughline-chromium-making-" });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fromFileUrl(new URL("./chromium_unpack.ts", import.meta.url)), making],
    // Naming this runtime makes the package unpack its shared libraries too.
    env: { TMPDIR: making, AWS_LAMBDA_JS_RUNTIME: "nodejs22.x" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot unpack Chromium: ${new TextDecoder().decode(stderr)}`);
  await Deno.writeTextFile(join(making, FONTS_CONF), fontsConf(folder));
  try {
    await Deno.rename(making, folder);
  } catch (error) {
    // Another process finished first and its copy is as good as ours. Anything else is a fault.
    await Deno.remove(making, { recursive: true });
    if (!await isOurs(folder)) throw error;
  }
  return folder;
}

/** The package's own file looks for fonts where AWS has them. Without any font, a text field crashes the browser. */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;
}

/** True when the folder is there and ours: a shared temporary folder may hold what somebody else put there. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    const { uid } = await Deno.lstat(folder);
    if (uid !== null && uid !== Deno.uid()) {
      throw new Error(`${folder} belongs to user ${uid}; remove it or set CHROMIUM_PATH`);
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
