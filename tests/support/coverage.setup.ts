/** Lets the processes that tests start write their own coverage, where `tests/run.ts` asked for it. */
if (process.env.COVERAGE_FOLDER) process.env.NODE_V8_COVERAGE = process.env.COVERAGE_FOLDER;
