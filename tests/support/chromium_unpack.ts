// Prints a folder with a ready-to-run Chromium. Run as a program: the package unpacks into the system's temporary
// folder and looks at AWS's variables, so it gets a process, and an environment, of its own.
//   deno run -A tests/support/chromium_unpack.ts
import { CHROMIUM_VERSION, unpackedChromium } from "./chromium.ts";

if (import.meta.main) {
  const [target] = Deno.args;
  if (target === undefined) {
    console.log(await unpackedChromium());
  } else {
    const { default: chromium } = await import("@sparticuz/chromium");
    const path = await chromium.executablePath();
    if (!path.startsWith(target)) {
      throw new Error(`Chromium ${CHROMIUM_VERSION} unpacked to ${path}, not below ${target}`);
    }
  }
}
