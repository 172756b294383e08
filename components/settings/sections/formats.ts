import { z } from "zod";

const inDns = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** A list of texts, each of them once: the second one would be ignored without a word, or refused after the launch. */
export const list = <Entry extends z.ZodType<string>>(entry: Entry) =>
  z.array(entry).superRefine((entries, context) => {
    for (const [index, each] of entries.entries())
      if (entries.indexOf(each) < index)
        context.addIssue({
          code: "custom",
          path: [index],
          message: `${JSON.stringify(each)} is in the list already`,
        });
  });

/** The name of an object of Kubernetes. */
export const name = z.string().max(253).regex(inDns, "a name of lower-case letters, digits, dashes and dots");

/** A host name, or an address, as it stands in a certificate. */
export const hostname = z
  .string()
  .max(253)
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
    "a host name like sophia.example.com, without protocol, port and path",
  );

/** A container image by its name, with a tag or a digest or both. */
export const image = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9._-]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[0-9a-f]{64})?$/,
    "an image like docker.io/library/redis:7.4, also with @sha256:…",
  );

/** Where a chart comes from: a folder's path begins with `.` or `/`. */
interface ChartReference {
  chart: string;
  repository?: string | undefined;
  version?: string | undefined;
}

/** Whether a chart is a folder. Pure. */
export const isFolder = ({ chart }: ChartReference): boolean => /^[./]/.test(chart);

/** Why Helm would have to guess which chart is meant; undefined where it has not to. Pure. */
export function chartFault(reference: ChartReference): string | undefined {
  const { chart, repository, version } = reference;
  if (isFolder(reference))
    return repository || version
      ? `chart ${chart} is a folder: leave out its repository and its version`
      : undefined;
  return repository && /^v?\d+\.\d+\.\d+/.test(version ?? "")
    ? undefined
    : `chart ${chart} needs a repository and an exact version; a folder's path starts with . or /`;
}

const bitsOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** First and last address of a network. Pure. */
function rangeOf(text: string): [first: number, last: number] {
  const size = 2 ** (32 - lengthOf(text));
  const at = bitsOf(text.split("/")[0] ?? "");
  const first = at - (at % size);
  return [first, first + size - 1];
}

/** Length of a network's prefix: 16 of `10.42.0.0/16`. Pure. */
export const lengthOf = (text: string): number => Number(text.split("/")[1]);

/** Whether two networks share an address. Pure. */
export function overlap(one: string, other: string): boolean {
  const [first, last] = rangeOf(one);
  const [otherFirst, otherLast] = rangeOf(other);
  return first <= otherLast && otherFirst <= last;
}

/** An IPv4 network by its first address: what stands behind the prefix would be ignored without a word. */
export const network = z
  .cidrv4({ error: "an IPv4 network like 203.0.113.0/24, or an address like 203.0.113.7/32", abort: true })
  .refine((text) => rangeOf(text)[0] === bitsOf(text.split("/")[0] ?? ""), {
    error: ({ input }) =>
      `${input} is not the first address of its network: write /32 for that address alone, or the first one`,
    abort: true,
  });

/** Fields of a cron expression: lowest and highest number, and names from the lowest on. */
const fields: readonly [lowest: number, highest: number, names: string][] = [
  [0, 59, ""],
  [0, 23, ""],
  [1, 31, ""],
  [1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"],
  [0, 6, "SUN MON TUE WED THU FRI SAT"],
];

/** Whether Kubernetes takes a field: numbers or names, ranges, steps, lists of them. Pure. */
function isField(text: string, [lowest, highest, names]: (typeof fields)[number]): boolean {
  const numberOf = (word: string): number => {
    const named = names.split(" ").indexOf(word.toUpperCase());
    return /^[0-9]+$/.test(word) ? Number(word) : named < 0 ? Number.NaN : named + lowest;
  };
  return text.split(",").every((part) => {
    const [range = "", step, ...more] = part.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9][0-9]*$/.test(step))) return false;
    if (range === "*") return true;
    const [from = Number.NaN, to = from, ...rest] = range.split("-").map(numberOf);
    return rest.length === 0 && from >= lowest && from <= to && to <= highest;
  });
}

/** When something runs: a cron expression of five fields. */
export const cron = z.string().refine(
  (text) => {
    const given = text.split(" ");
    return (
      given.length === fields.length && fields.every((field, index) => isField(given[index] ?? "", field))
    );
  },
  {
    error: ({ input }) =>
      `${JSON.stringify(input)} is not a cron expression: minute, hour, day of month, month, day of week from 0, like 0 */6 * * *`,
  },
);

const labelName = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** Whether Kubernetes takes the key of a label or a taint. Pure. */
function isKey(key: string): boolean {
  const parts = key.split("/");
  const [prefix = ""] = parts;
  return (
    labelName.test(parts.at(-1) ?? "") && (parts.length === 1 || (parts.length === 2 && inDns.test(prefix)))
  );
}

/** Keys of Kubernetes's own that a kubelet may give its node. */
const ofKubelet =
  /^(?:[a-z0-9.-]+\.)?(?:kubelet|node)\.kubernetes\.io\/|^topology\.kubernetes\.io\/(?:zone|region)$/;

/** The key of a node's label that is not the program's. */
export const labelKey = z.string().superRefine((key, context) => {
  const refuse = (message: string) => context.addIssue({ code: "custom", message });
  if (!isKey(key)) refuse("is not a label's key; write it like example.com/rack");
  else if (/^sophia\.ai\/role-|^nvidia\.com\/gpu\.present$/.test(key)) refuse("is the program's own label");
  else if (/(?:^|\.)(?:kubernetes|k8s)\.io\//.test(key) && !ofKubelet.test(key))
    refuse("is Kubernetes's own label, which no setting may give a node");
});

/** The value of a label. */
export const labelValue = z.string().refine((value) => value === "" || labelName.test(value), {
  error: ({ input }) =>
    `${JSON.stringify(input)} is not a label's value: use up to 63 letters, digits, - _ .`,
});

/** `key=value:Effect`. */
export const taint = z.string().refine(
  (text) => {
    const [, key = "", value = ""] =
      /^([^=:]+)(?:=([^:]*))?:(?:NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text) ?? [];
    return isKey(key) && (value === "" || labelName.test(value));
  },
  {
    error:
      "must be a taint like key=value:NoSchedule, with the effect NoSchedule, PreferNoSchedule or NoExecute",
  },
);
