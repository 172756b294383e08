/** Text as the value of a label, in Prometheus's text format. Pure. */
export const labelValue = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** Lines of one gauge, in Prometheus's text format: `values` are its lines with labels and values. Pure. */
export const gauge = (name: string, help: string, values: readonly string[]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} gauge`,
  ...values,
];

/**
 * Seconds for what is asked while Prometheus waits. It waits for as long as it scrapes apart, 5 s at least and 10 s at most:
 * what answers later than that is taken for this process's own silence.
 */
export const patience = 3;
