/** The extractor as its pod runs it, and then what it took. */
import { run } from "../../../data/gong/main.ts";

const start = performance.now();
await run(process.env, new AbortController().signal);
const seconds = (performance.now() - start) / 1000;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const cpu = (userCPUTime + systemCPUTime) / 1e6;
process.stdout.write(`${JSON.stringify({ measured: { seconds, cpu, peakMiB: maxRSS / 1024 } })}\n`);
