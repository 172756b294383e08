import { expect, test } from "vitest";
import { parse } from "yaml";
import { registriesText } from "../../../../k3s/config/registries.ts";

const login = { server: "ghcr.io", username: "reader", password: "pull-password" };

test("mirrors become registries.yaml", () => {
  expect(parse(registriesText({ "docker.io": ["http://10.0.0.2:5000"] }))).toEqual({
    mirrors: { "docker.io": { endpoint: ["http://10.0.0.2:5000"] } },
  });
  expect(parse(registriesText({}))).toEqual({ mirrors: {} });
});

test("W4 the login stands under the host that images are pulled from", () => {
  const auth = { username: "reader", password: "pull-password" };
  expect(parse(registriesText({}, login))).toEqual({ mirrors: {}, configs: { "ghcr.io": { auth } } });
  expect(parse(registriesText({}, { ...login, server: "docker.io" }))).toEqual({
    mirrors: {},
    configs: { "registry-1.docker.io": { auth } },
  });
});
