// Counters and gauges, and their Prometheus text.
//   O2  A label has the values that are known at the start, and no other: whatever is asked of the program, it counts
//       under no more names than it began with.

/** Every metric there is: name → type and help. A typo is a type error. */
const METRICS = {
  throughline_kv_commits_total: ["counter", "Commits that KV accepted"],
  throughline_kv_conflicts_total: ["counter", "Commits refused by a check"],
  throughline_kv_write_units_total: ["counter", "Write units, 1 per KiB and key, rounded up"],
  throughline_entries_appended_total: ["counter", "Entries appended to topics by this process"],
  throughline_generations_started_total: ["counter", "Attempts that this process began"],
  throughline_generations_taken_over_total: ["counter", "Attempts begun on a job that another process left"],
  throughline_generations_complete_total: ["counter", "Jobs this process ended as complete"],
  throughline_generations_cancelled_total: ["counter", "Jobs this process ended as cancelled"],
  throughline_generations_failed_total: ["counter", "Jobs this process ended as failed"],
  throughline_generations_fenced_total: ["counter", "Jobs this process lost to another"],
  throughline_generations_running: ["gauge", "Jobs this process runs now"],
  throughline_summaries_made_total: ["counter", "Summaries of conversations made by this process"],
  throughline_summaries_failed_total: ["counter", "Tries to make a summary that failed"],
  throughline_titles_made_total: ["counter", "Titles that models gave conversations"],
  throughline_titles_failed_total: ["counter", "Tries of a title that failed"],
  throughline_streams_open: ["gauge", "Open event streams"],
  throughline_topics_watched: ["gauge", "Topics with a follower in this process"],
  throughline_http_requests_total: ["counter", "Requests answered"],
  throughline_http_errors_total: ["counter", "Requests answered with a 5xx"],
} as const satisfies Record<string, readonly ["counter" | "gauge", string]>;

/** Those that are counted by label: name → help and labels. */
const LABELLED = {
  throughline_answers_total: ["Answers that ended; one that was stopped is cancelled", [
    "variant",
    "outcome",
  ]],
  throughline_answer_output_tokens_total: ["Output tokens of answers, by their providers' count", [
    "variant",
  ]],
} as const satisfies Record<string, readonly [string, readonly (keyof Labels)[]]>;

export type MetricName = keyof typeof METRICS;
export type LabelledName = keyof typeof LABELLED;

export interface Labels {
  /** Of the system prompt; empty where there is no experiment, and for a variant that it no longer has. */
  variant: string;
  outcome: "complete" | "cancelled" | "failed";
}

/** The labels that a metric has. */
type LabelsOf<N extends LabelledName> = Pick<Labels, typeof LABELLED[N][1][number]>;

/** Where parts of the program count. */
export interface Counters {
  add(name: MetricName, by: number): void;
  addFor<N extends LabelledName>(name: N, labels: LabelsOf<N>, by: number): void;
}

export class Metrics implements Counters {
  readonly #values = new Map<MetricName, number>();
  /** By their samples, as they stand in the text. */
  readonly #labelled = new Map<string, number>();
  readonly #known: { [L in keyof Labels]: readonly string[] };

  constructor({ variants = [] }: { variants?: readonly string[] } = {}) {
    this.#known = { variant: ["", ...variants], outcome: ["complete", "cancelled", "failed"] };
  }

  add(name: MetricName, by: number): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  get(name: MetricName): number {
    return this.#values.get(name) ?? 0;
  }

  addFor<N extends LabelledName>(name: N, labels: LabelsOf<N>, by: number): void {
    const sample = this.#sample(name, labels);
    this.#labelled.set(sample, (this.#labelled.get(sample) ?? 0) + by);
  }

  getFor<N extends LabelledName>(name: N, labels: LabelsOf<N>): number {
    return this.#labelled.get(this.#sample(name, labels)) ?? 0;
  }

  /** Prometheus text format, version 0.0.4. */
  text(): string {
    let text = "";
    for (const [name, [type, help]] of Object.entries(METRICS)) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${this.get(name as MetricName)}\n`;
    }
    for (const [name, [help, labels]] of Object.entries(LABELLED)) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} counter\n`;
      for (const values of this.#combinations(labels)) {
        const sample = sampleOf(name, values);
        text += `${sample} ${this.#labelled.get(sample) ?? 0}\n`;
      }
    }
    return text;
  }

  #sample(name: LabelledName, labels: Partial<Labels>): string {
    const values = LABELLED[name][1].map((label): [string, string] => {
      const value = labels[label] ?? "";
      return [label, this.#known[label].includes(value) ? value : ""];
    });
    return sampleOf(name, values);
  }

  /** Every way in which these labels can be given a value. */
  #combinations(labels: readonly (keyof Labels)[]): [string, string][][] {
    let all: [string, string][][] = [[]];
    for (const label of labels) {
      all = all.flatMap((some) =>
        this.#known[label].map((value) => [...some, [label, value] as [string, string]])
      );
    }
    return all;
  }
}

function sampleOf(name: string, labels: readonly [string, string][]): string {
  return `${name}{${labels.map(([label, value]) => `${label}="${escaped(value)}"`).join(",")}}`;
}

/** A value within quotes, as Prometheus reads it. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
