// Line plots as SVG, by hand: one line per series, its name at its end. Legible on a light page and on a dark one.

export interface Axis {
  label: string;
  /** Powers of ten at equal distances. Values must be above 0. */
  log?: boolean;
}

export interface Series {
  /** Empty: a line that belongs to the one before it, and has its colour. */
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  dashed?: boolean;
}

export interface Plot {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
}

const WIDTH = 820;
const HEIGHT = 440;
/** Room around the lines: for the numbers, the labels, and at the right for the names. */
const MARGIN = { top: 44, right: 220, bottom: 52, left: 68 };
/** Names at the right do not come nearer to each other. */
const NAME_PX_MIN = 16;
/** Marks on an axis that is not logarithmic, about. */
const MARKS = 5;
/** Distinct to people who see few colours as well, on white and on near black. */
const COLOURS = ["#3b82d6", "#d9730d", "#2f9e6e", "#b04bc1", "#c94f5b", "#8a7a1f", "#5b8a99", "#7f6bd1"];

export function linePlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap(({ points }) => points);
  const [xScale, yScale] = [
    scale(points.map(([x]) => x), x, MARGIN.left, WIDTH - MARGIN.right),
    scale(points.map(([, y]) => y), y, HEIGHT - MARGIN.bottom, MARGIN.top),
  ];
  const colours = coloursOf(series);
  const bottom = HEIGHT - MARGIN.bottom;
  const right = WIDTH - MARGIN.right;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${
      escape(title)
    }">`,
    `<style>text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:14px;font-weight:600}` +
    `.grid{stroke:#8884;stroke-width:1}@media(prefers-color-scheme:dark){text{fill:#bbb}}</style>`,
    `<text class="title" x="${MARGIN.left}" y="24">${escape(title)}</text>`,
    ...xScale.marks.map((mark) =>
      `<line class="grid" x1="${px(xScale.at(mark))}" y1="${MARGIN.top}" x2="${
        px(xScale.at(mark))
      }" y2="${bottom}"/>` +
      `<text x="${px(xScale.at(mark))}" y="${bottom + 18}" text-anchor="middle">${number(mark)}</text>`
    ),
    ...yScale.marks.map((mark) =>
      `<line class="grid" x1="${MARGIN.left}" y1="${px(yScale.at(mark))}" x2="${right}" y2="${
        px(yScale.at(mark))
      }"/>` +
      `<text x="${MARGIN.left - 8}" y="${px(yScale.at(mark) + 4)}" text-anchor="end">${number(mark)}</text>`
    ),
    `<text x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${
      escape(x.label)
    }</text>`,
    `<text transform="translate(16 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${
      escape(y.label)
    }</text>`,
    ...series.map(({ points, dashed }, i) => {
      const path = points.map(([x, y]) => `${px(xScale.at(x))},${px(yScale.at(y))}`);
      const style = `stroke="${colours[i]}"${dashed ? ` stroke-dasharray="5 4"` : ""}`;
      return `<polyline points="${path.join(" ")}" fill="none" stroke-width="2" ${style}/>` +
        path.map((point) => `<circle cx="${point.replace(",", `" cy="`)}" r="3" fill="${colours[i]}"/>`).join(
          "",
        );
    }),
    ...names(series, colours, (value) => yScale.at(value)),
    "</svg>",
  ];
  return lines.join("\n") + "\n";
}

/** The names of the series, each at the height of its line's end or as near below the one above as is legible. */
function names(series: readonly Series[], colours: readonly string[], at: (y: number) => number): string[] {
  const ends = series.flatMap(({ name, points }, i) => {
    const last = points.at(-1);
    return last === undefined || name === "" ? [] : [{ name, colour: colours[i]!, y: at(last[1]) }];
  }).toSorted((a, b) => a.y - b.y);
  let above = -Infinity;
  for (const end of ends) above = end.y = Math.max(end.y, above + NAME_PX_MIN);
  return ends.map(({ name, colour, y }) =>
    `<text x="${WIDTH - MARGIN.right + 10}" y="${px(y + 4)}" style="fill:${colour}">${escape(name)}</text>`
  );
}

interface Scale {
  at(value: number): number;
  marks: number[];
}

/** From values to pixels, with marks at round values that enclose them. */
function scale(values: readonly number[], { log = false }: Axis, from: number, to: number): Scale {
  if (values.length === 0) throw new RangeError("A plot without a point");
  if (log && values.some((value) => value <= 0)) throw new RangeError("A logarithm of 0 or less");
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const marks = log ? powers(low, high) : rounds(high);
  const warp = log ? Math.log10 : (value: number) => value;
  const [first, last] = [warp(marks[0]!), warp(marks.at(-1)!)];
  return { marks, at: (value) => from + (warp(value) - first) / (last - first) * (to - from) };
}

/** Powers of ten around the values. */
function powers(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(Math.ceil(Math.log10(high)), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

/** From 0 to above `high`, in steps of 1, 2 or 5 times a power of ten. */
function rounds(high: number): number[] {
  const rough = (high > 0 ? high : 1) / MARKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
  return Array.from({ length: Math.ceil((high > 0 ? high : 1) / step) + 1 }, (_, i) => i * step);
}

/** One colour for each name, and the same for the lines without one that follow it. */
function coloursOf(series: readonly Series[]): string[] {
  let named = -1;
  return series.map(({ name }) => COLOURS[(name === "" ? Math.max(0, named) : ++named) % COLOURS.length]!);
}

function px(value: number): string {
  return value.toFixed(1);
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
