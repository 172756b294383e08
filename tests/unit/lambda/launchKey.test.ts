import * as pulumi from "@pulumi/pulumi";
import { expect, onTestFinished, test, vi } from "vitest";
import { launchKeyOf } from "../../../lambda/launchKey.ts";
import { sshKeyPair } from "../../support/sshKey.ts";

test("L4 another public key in the settings is refused by an update, and warned of in a preview", () => {
  const [own, other] = [sshKeyPair(), sshKeyPair()];
  expect(launchKeyOf(own.private, undefined)).toBe(own.public.trim());
  const commented = `${own.public.trim()} team`;
  expect(launchKeyOf(own.private, commented)).toBe(commented);
  const fault =
    /lambda.sshKey.publicKey is not the public half of the secret sophia-infra:sshPrivateKey.*Leave it out/;
  expect(() => launchKeyOf(own.private, other.public)).toThrow(fault);
  const preview = vi.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(true);
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  onTestFinished(() => void [preview, warn].map((spy) => spy.mockRestore()));
  expect(launchKeyOf(own.private, other.public)).toBe(other.public);
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(fault));
});
