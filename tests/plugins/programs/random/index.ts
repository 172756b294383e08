import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
const keepers = config.getObject<Record<string, string>>("keepers");

const password = new random.RandomPassword("password", {
  length: config.getNumber("length") ?? 24,
  minUpper: 2,
  minNumeric: 3,
  minSpecial: 1,
  overrideSpecial: "-_",
  ...(keepers ? { keepers } : {}),
  ...(config.getBoolean("explicit") ? { special: true, numeric: true } : {}),
});
const id = new random.RandomId("id", { byteLength: 8, prefix: "lab-" });
const digits = new random.RandomString("digits", { length: 6, lower: false, upper: false, special: false });
if (config.getBoolean("chained"))
  new random.RandomString("chained", { length: 6, special: false, keepers: { id: id.hex } });
if (config.getBoolean("broken"))
  new random.RandomString("broken", { length: 2, minUpper: 5 }, { dependsOn: [password, id, digits] });
if (config.getBoolean("pet")) new random.RandomPet("pet");

export const result = password.result;
export const hash = password.bcryptHash;
export const passwordId = password.id;
export const hex = id.hex;
export const code = digits.result;
export const length = pulumi.unsecret(password.result.apply((text) => text.length));
