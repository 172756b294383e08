import { expect, test } from "vitest";
import { flows } from "../../../components/network/flows.ts";
import { flowTable } from "../../support/flowTable.ts";
import { read } from "./documents.ts";

test("S4 the threat model names every flow that the network policies let through, and no other", () => {
  expect(read("docs/security/threat-model.md")).toContain(flowTable(flows));
});
