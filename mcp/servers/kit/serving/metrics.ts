/** Upper bounds of the duration histogram, seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const startedAt = Math.round(Date.now() / 1000 - process.uptime());

interface Series {
  calls: number;
  errors: number;
  seconds: number;
  counts: number[];
}

/** Calls, errors and durations by tool, in Prometheus's text format. */
export class Metrics {
  readonly #server: string;
  readonly #tools = new Map<string, Series>();
  #inFlight = 0;

  constructor(server: string) {
    this.#server = server;
  }

  /** Runs a call and counts it; a thrown error or a false `ok` counts as an error. */
  async measure<T>(tool: string, call: () => Promise<T>, ok: (result: T) => boolean): Promise<T> {
    const series = this.#series(tool);
    const start = performance.now();
    let good = false;
    this.#inFlight += 1;
    try {
      const result = await call();
      good = ok(result);
      return result;
    } finally {
      const seconds = (performance.now() - start) / 1000;
      this.#inFlight -= 1;
      series.calls += 1;
      series.seconds += seconds;
      if (!good) series.errors += 1;
      buckets.forEach((bound, index) => {
        if (seconds <= bound) series.counts[index] = (series.counts[index] ?? 0) + 1;
      });
    }
  }

  text(): string {
    const lines = [
      "# HELP process_resident_memory_bytes Memory of the process.",
      "# TYPE process_resident_memory_bytes gauge",
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      "# HELP process_start_time_seconds When the process started, in seconds since 1970.",
      "# TYPE process_start_time_seconds gauge",
      `process_start_time_seconds ${startedAt}`,
      "# HELP mcp_calls_in_flight Tool calls that have not ended.",
      "# TYPE mcp_calls_in_flight gauge",
      `mcp_calls_in_flight{server="${this.#server}"} ${this.#inFlight}`,
      "# HELP mcp_tool_calls_total Tool calls.",
      "# TYPE mcp_tool_calls_total counter",
      ...this.#each((labels, series) => [`mcp_tool_calls_total{${labels}} ${series.calls}`]),
      "# HELP mcp_tool_errors_total Tool calls that failed.",
      "# TYPE mcp_tool_errors_total counter",
      ...this.#each((labels, series) => [`mcp_tool_errors_total{${labels}} ${series.errors}`]),
      "# HELP mcp_tool_duration_seconds Duration of tool calls.",
      "# TYPE mcp_tool_duration_seconds histogram",
      ...this.#each((labels, series) => [
        ...buckets.map(
          (bound, index) =>
            `mcp_tool_duration_seconds_bucket{${labels},le="${bound}"} ${series.counts[index] ?? 0}`,
        ),
        `mcp_tool_duration_seconds_bucket{${labels},le="+Inf"} ${series.calls}`,
        `mcp_tool_duration_seconds_sum{${labels}} ${series.seconds}`,
        `mcp_tool_duration_seconds_count{${labels}} ${series.calls}`,
      ]),
    ];
    return `${lines.join("\n")}\n`;
  }

  #each(lines: (labels: string, series: Series) => string[]): string[] {
    return [...this.#tools].flatMap(([tool, series]) =>
      lines(`server="${this.#server}",tool="${tool}"`, series),
    );
  }

  #series(tool: string): Series {
    const known = this.#tools.get(tool);
    if (known) return known;
    const made: Series = { calls: 0, errors: 0, seconds: 0, counts: buckets.map(() => 0) };
    this.#tools.set(tool, made);
    return made;
  }
}
