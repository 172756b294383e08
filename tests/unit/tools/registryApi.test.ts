import { expect, test } from "vitest";
import { registryApi } from "../../../tools/docker/registryApi.ts";

test.each([
  ["docker.io", "https://registry-1.docker.io/v2"],
  ["ghcr.io", "https://ghcr.io/v2"],
  ["127.0.0.1:5000", "http://127.0.0.1:5000/v2"],
  ["localhost", "http://localhost/v2"],
  ["localhost.example", "https://localhost.example/v2"],
  ["127.0.0.1.example:5000", "https://127.0.0.1.example:5000/v2"],
])("the registry %s is asked at %s: in the clear on this machine only", (registry, url) => {
  expect(registryApi(registry)).toBe(url);
});
