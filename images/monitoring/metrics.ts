/** Text as the value of a label, in Prometheus's text format. Pure. */
export const labelValue = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** Lines of one gauge, in Prometheus's text format: `values` are its lines with labels and values. Pure. */
export const gauge = (name: string, help: string, values: readonly string[]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} gauge`,
  ...values,
];
