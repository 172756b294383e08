/** What an expression in PromQL asks for. */
interface Asked {
  metrics: string[];
  labels: string[];
}

const keywords = new Set(["and", "or", "unless", "bool", "offset", "le"]);

/** Metrics and labels that an expression names, as the dashboards and alerts write them. Pure. */
export function askedBy(expr: string): Asked {
  const labels = new Set<string>();
  const bare = expr
    .replaceAll(/\{([^}]*)\}/g, (_, matchers: string) => {
      for (const [, label = ""] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) labels.add(label);
      return "";
    })
    .replaceAll(/\[[^\]]*\]/g, "")
    .replaceAll(/\b\d[\d.]*(?:e[+-]?\d+)?/g, "")
    .replaceAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g, (_, list: string) => {
      for (const label of list.split(",")) labels.add(label.trim());
      return "";
    });
  const words = [...bare.matchAll(/[A-Za-z_:][\w:]*(?!\s*\(|\w)/g)].map(([word]) => word);
  return {
    metrics: [...new Set(words)].filter((word) => !keywords.has(word)),
    labels: [...labels].filter((label) => label !== "le"),
  };
}
