import { expect, test } from "vitest";
import { sealValues, stackKey } from "../../../../lab/pulumi/passphrase.ts";

test("a value is read with the same passphrase and salt, and with no other passphrase", async () => {
  const { encryptionsalt, values } = await sealValues("correct", { token: "plänted" });
  const same = await stackKey("correct", encryptionsalt);
  expect(same.encryptionsalt).toBe(encryptionsalt);
  expect(same.open(values.token ?? "")).toBe("plänted");
  const other = await stackKey("wrong", encryptionsalt);
  expect(() => other.open(values.token ?? "")).toThrow();
  expect(() => same.open("v2:x:y")).toThrow("a secret of the stack has version v2, expected v1");
});
