// Counters and gauges, and their Prometheus text.

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
  throughline_streams_open: ["gauge", "Open event streams"],
  throughline_topics_watched: ["gauge", "Topics with a follower in this process"],
  throughline_http_requests_total: ["counter", "Requests answered"],
  throughline_http_errors_total: ["counter", "Requests answered with a 5xx"],
} as const satisfies Record<string, readonly ["counter" | "gauge", string]>;

export type MetricName = keyof typeof METRICS;

/** Where parts of the program count. */
export interface Counters {
  add(name: MetricName, by: number): void;
}

export class Metrics implements Counters {
  readonly #values = new Map<MetricName, number>();

  add(name: MetricName, by: number): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  get(name: MetricName): number {
    return this.#values.get(name) ?? 0;
  }

  /** Prometheus text format, version 0.0.4. */
  text(): string {
    let text = "";
    for (const [name, [type, help]] of Object.entries(METRICS)) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${this.get(name as MetricName)}\n`;
    }
    return text;
  }
}
