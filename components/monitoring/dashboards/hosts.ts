import { type Dashboard, graph, noneIsGood, type Panel, stat, states, upOrDown } from "./panels.ts";

const runbook = "docs/runbooks/replace-a-node.md";

/** 730 hours are an average month. */
export const cost = stat(
  "Cost a month",
  "sum(max by (host) (sophia_host_price_usd_per_hour)) * 730",
  "US dollars for the hosts that there are, by Lambda's prices at their launch or the last refresh. File systems, Snowflake and vendors are not in it.",
  { unit: "currencyUSD" },
);

const health: readonly Panel[] = [
  stat(
    "Hosts",
    "count(max by (host) (sophia_host_expected))",
    "Hosts of the stack, whether they answer or not.",
  ),
  stat(
    "Without an answer",
    "count(max by (host) (sophia_host_expected) unless on (host) (sophia_host_answers == 1)) or vector(0)",
    "Hosts whose health service says nothing: off, unreachable, or their exporter is away.",
    { levels: noneIsGood, runbook },
  ),
  stat(
    "Checks that fail",
    "sum(1 - max by (host, check) (sophia_host_check_ok))",
    "Of all hosts together. The panel below shows which.",
    { levels: noneIsGood, runbook },
  ),
  cost,
  graph(
    "Seconds to an answer",
    "max by (host) (sophia_host_answer_seconds)",
    "A host that is busy or short of memory answers late.",
    {
      legend: "{{host}}",
      unit: "s",
      runbook,
    },
  ),
  states(
    "Checks",
    "max by (host, check) (sophia_host_check_ok)",
    "What each host says of its disk, memory, K3s and GPU. A check says well or not, no numbers.",
    { legend: "{{host}}: {{check}}", words: { 0: "fails", 1: "well" }, levels: upOrDown.levels, runbook },
  ),
];

const gpu = (field: string) => `max by (Hostname, gpu) (DCGM_FI_DEV_${field})`;
const legend = "{{Hostname}} GPU {{gpu}}";

const gpus: readonly Panel[] = [
  graph(
    "GPU utilization",
    gpu("GPU_UTIL"),
    "How busy each GPU is. MCP servers with a GPU slice scale by it.",
    {
      legend,
      unit: "percent",
    },
  ),
  graph(
    "GPU memory",
    `${gpu("FB_USED")} / (${gpu("FB_USED")} + ${gpu("FB_FREE")})`,
    "Share of each GPU's memory that is in use. Slices share it: one pod can take it from the others.",
    { legend, unit: "percentunit" },
  ),
  graph(
    "GPU temperature",
    gpu("GPU_TEMP"),
    "A GPU that is too hot becomes slower by itself; data sheets say from when on.",
    {
      legend,
      unit: "celsius",
    },
  ),
  graph(
    "GPU power",
    gpu("POWER_USAGE"),
    "What each GPU draws. A busy GPU that draws little waits for something else.",
    { legend, unit: "watt" },
  ),
  graph(
    "Pods with a GPU slice",
    'count by (Hostname, gpu) (max by (Hostname, gpu, namespace, pod) (DCGM_FI_DEV_GPU_UTIL{pod!=""}))',
    "How many pods share each GPU.",
    { legend, unit: "short", empty: "no pod has a GPU slice" },
  ),
];

/** Of the hosts, and their GPUs where those are measured. Pure. */
export const hostsDashboard = (measured: { gpus: boolean }): Dashboard => ({
  name: "hosts",
  title: "hosts and GPUs",
  description: "The hosts' own checks of themselves, and how their GPUs are used.",
  rows: [{ title: "Hosts", panels: health }, ...(measured.gpus ? [{ title: "GPUs", panels: gpus }] : [])],
});

/** What the overview shows of the GPUs. */
export const gpuSummary: readonly Panel[] = [
  stat("GPUs in use", "avg(max by (Hostname, gpu) (DCGM_FI_DEV_GPU_UTIL))", "Mean utilization of all GPUs.", {
    unit: "percent",
  }),
];
