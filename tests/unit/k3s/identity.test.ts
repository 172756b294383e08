import { expect, test } from "vitest";
import { unknownValue } from "../../../components/core/provider/unknown.ts";
import { type IdentityProps, provider } from "../../../k3s/identityProvider.ts";

const known: IdentityProps = { machineId: "m", clusterId: "c", authority: "a" };
const diff = (news: Partial<IdentityProps>) => provider.diff?.("m", known, { ...known, ...news });

test("S2 a preview takes the cluster for the same one as long as its machine is", async () => {
  const unread = { clusterId: unknownValue, authority: unknownValue };
  expect(await diff(unread)).toMatchObject({ changes: false, replaces: [] });
  expect(await diff({ ...unread, machineId: unknownValue })).toMatchObject({ replaces: ["machineId"] });
  expect(await diff({ ...unread, machineId: "other" })).toMatchObject({ replaces: ["machineId"] });
});

test("a cluster that turns out to be another one is known as such", async () => {
  expect(await diff({ clusterId: "d" })).toMatchObject({ changes: true, replaces: [] });
  expect((await provider.update?.("m", known, { ...known, clusterId: "d" }))?.outs).toMatchObject({
    clusterId: "d",
  });
});
