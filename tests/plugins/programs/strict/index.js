// The project's rules with other settings: every stack is a production one, and a test names the exceptions.
import { readFileSync } from "node:fs";
import { readSettings } from "../../../../policies/engine/files.ts";
import { startPack } from "../../../../policies/start.ts";

const exceptions = JSON.parse(readFileSync(process.env.TEST_EXCEPTIONS, "utf8"));
startPack("program-strict", { ...readSettings(), production: ["*"] }, () => exceptions);
