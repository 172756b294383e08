import { join } from "node:path";
import { expect, test } from "vitest";
import { linkerFlags } from "../../../lab/k3s/artefact.ts";
import { scratchImages } from "../../../lab/k3s/images.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

const folder = join(repository, "lab/k3s");
const tested = ["./internal/config", "./internal/pki", "./internal/registries", "./cmd/..."];

test("K1 settings, tokens, mirrors, GPU slices and local paths are read as their upstreams read them", async () => {
  // The same flags as the build, so that nothing is compiled twice.
  const { code, stdout, stderr } = await run("go", ["test", "-trimpath", "-vet=off", ...tested], {
    cwd: folder,
    env: { CGO_ENABLED: "0" },
    allowFailure: true,
  });
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout.match(/^ok /gm)).toHaveLength(5);
});

test("W2 the lab's exporter names GPUs and their holders as NVIDIA's does", async () => {
  const { code, stdout, stderr } = await run("go", ["test", "-trimpath", "-vet=off", "./..."], {
    cwd: join(repository, "lab/images/gpu/dcgm-exporter"),
    env: { CGO_ENABLED: "0" },
    allowFailure: true,
  });
  expect(code, `${stdout}\n${stderr}`).toBe(0);
});

test("the programs say which release they are", () => {
  const flags = linkerFlags(
    "require (\n\tgithub.com/cloudnative-pg/cloudnative-pg v1.2.3\n)",
    "v1.36.3+k3s1",
  );
  expect(flags).toContain("-X k8s.io/component-base/version.gitVersion=v1.36.3+k3s1");
  expect(flags).toContain("-X k8s.io/client-go/pkg/version.gitMinor=36");
  expect(flags).toContain("/pkg/versions.buildVersion=1.2.3");
  expect(() => linkerFlags("module x", "v1.36.3+k3s1")).toThrow("does not name a version");
});

test("every image starts a program that is in it", () => {
  for (const { reference, entrypoint, programs } of scratchImages) {
    const start = entrypoint[0] ?? "";
    const links = scratchImages.find((image) => image.reference === reference)?.links ?? {};
    expect(Object.keys({ ...programs, ...links }), reference).toContain(start);
  }
});
