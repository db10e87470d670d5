// RESULTS.md: the last figures of each part, each with the day and the machine it was measured on.
import type { Section } from "./bench.ts";
import { type PartName, PARTS } from "./options.ts";
import { fromFileUrl } from "../tests/support/paths.ts";

const HEAD = `# Results

Written by \`deno task bench --save\`; [README.md](README.md) says what is measured and how to read it, and
[GOALS.md](GOALS.md) how far each figure is from its goal, and what bounds it. A cell is the median over the runs, with
the least and the most in parentheses.
`;

/** What must be known of a machine to compare its figures. */
export function machine(): string {
  const memory = Math.round(Deno.systemMemoryInfo().total / 1024 ** 3);
  return `Deno ${Deno.version.deno}, ${Deno.build.target}, ${navigator.hardwareConcurrency} cores (${cpuModel()}), ` +
    `${memory} GiB`;
}

/** When, where, and how busy the machine was with other work. */
export function provenance(loadBefore: number): string {
  return `${new Date().toISOString().slice(0, 10)}, ${machine()}, load average ${
    loadBefore.toFixed(1)
  } before and ` +
    `${Deno.loadavg()[0]!.toFixed(1)} after.`;
}

function cpuModel(): string {
  try {
    return /^model name\s*:\s*(.+)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1]?.trim() ?? "unnamed";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unnamed";
    throw error;
  }
}

/** The text of one section under its heading. */
export function sectionText({ title, text, plots = [] }: Section, from: string): string {
  const images = plots.map(({ file }) => `![${title}](${file})`);
  return [`## ${title}`, from, text, ...images].join("\n\n");
}

/** Puts the sections in place of those that RESULTS.md has of these parts, and writes their plots. */
export async function save(
  sections: ReadonlyMap<PartName, { section: Section; from: string }>,
): Promise<void> {
  const path = fromFileUrl(new URL("RESULTS.md", import.meta.url));
  const parts = partsIn(await readOrEmpty(path));
  const written = [path];
  for (const [part, { section, from }] of sections) {
    parts.set(part, sectionText(section, from));
    for (const { file, svg } of section.plots ?? []) {
      const plot = fromFileUrl(new URL(file, import.meta.url));
      await Deno.writeTextFile(plot, svg);
      written.push(plot);
    }
  }
  const texts = PARTS.flatMap((part) => parts.has(part) ? [`${mark(part)}\n\n${parts.get(part)}\n`] : []);
  await Deno.writeTextFile(path, [HEAD, ...texts].join("\n"));
  await format(written);
}

/** As `deno fmt --check` wants to find it. */
async function format(paths: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", ...paths],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno fmt ${paths.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Each part begins behind a comment that names it. */
function mark(part: PartName): string {
  return `<!-- part: ${part} -->`;
}

function partsIn(text: string): Map<PartName, string> {
  const parts = new Map<PartName, string>();
  for (const part of PARTS) {
    const at = text.indexOf(mark(part));
    if (at < 0) continue;
    const from = at + mark(part).length;
    const to = text.indexOf("<!-- part: ", from);
    parts.set(part, text.slice(from, to < 0 ? undefined : to).trim());
  }
  return parts;
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
