import { describe, expect, test } from "vitest";
import { images } from "../../../../components/core/versions.ts";
import { publishedImages } from "../../../../lab/commands/artefacts.ts";
import { mirrorsOf } from "../../../../lab/images/registry.ts";
import { scratchDockerfile } from "../../../../lab/images/scratch.ts";
import { debianSources } from "../../../../tools/docker/images/base/debian.ts";
import { parseReference } from "../../../../tools/docker/reference.ts";

describe("image references", () => {
  const cases: [string, ReturnType<typeof parseReference>][] = [
    ["redis:7.0", { registry: "docker.io", path: "library/redis", tag: "7.0" }],
    ["rancher/pause:3.6", { registry: "docker.io", path: "rancher/pause", tag: "3.6" }],
    ["docker.io/library/redis:7.0", { registry: "docker.io", path: "library/redis", tag: "7.0" }],
    ["localhost:5000/a/b:1", { registry: "localhost:5000", path: "a/b", tag: "1" }],
    [
      "ghcr.io/sophia-ai/mcp-servers:0.1.0",
      { registry: "ghcr.io", path: "sophia-ai/mcp-servers", tag: "0.1.0" },
    ],
  ];
  test.each(cases)("%s", (reference, parts) => expect(parseReference(reference)).toEqual(parts));
  test("one without a tag is refused by name", () => {
    expect(() => parseReference("ghcr.io/sophia-ai/mcp-servers")).toThrow(
      "ghcr.io/sophia-ai/mcp-servers has no tag",
    );
  });
  test("every registry that is used has the lab's as mirror", () => {
    const references = publishedImages.map(({ reference }) => reference);
    const url = "http://10.213.1.2:5000";
    expect(mirrorsOf(references, url)).toEqual({ "docker.io": [url], "ghcr.io": [url], "nvcr.io": [url] });
  });
});

test("the lab serves every image of the version table, but those of vendors whose servers it leaves out", () => {
  const { githubMcp: _github, slackMcp: _slack, ...expected } = images;
  const served = publishedImages.map(({ reference }) => reference).sort();
  expect(served).toEqual(expect.arrayContaining(Object.values(expected)));
  expect(new Set(served).size).toBe(served.length);
});

test("an image of files runs as its user", () => {
  expect(scratchDockerfile({ entrypoint: ["/manager", "run"], user: "65532:65532" })).toBe(
    'FROM scratch\nCOPY root/ /\nUSER 65532:65532\nENTRYPOINT ["/manager","run"]\n',
  );
  expect(scratchDockerfile({ entrypoint: ["/pause"] })).not.toContain("USER");
});

describe("Debian's packages come from where the machine's do", () => {
  const deb822 = [
    "# the archive",
    "Types: deb",
    "URIs: http://mirror.example/debian",
    "Suites: bookworm bookworm-updates",
    "Components: main contrib",
    "",
    "Types: deb",
    "URIs: http://mirror.example/security",
    "Suites: bookworm-security",
    "Components: main",
    "",
    "Types: deb",
    "URIs: https://tools.example/apt",
    "Suites: nodistro",
    "Components: main",
  ].join("\n");
  test("in both ways to write them", () => {
    const lines = [
      "deb http://mirror.example/debian bookworm main",
      "deb http://mirror.example/debian bookworm-updates main",
      "deb http://mirror.example/security bookworm-security main",
    ];
    expect(debianSources([{ name: "debian.sources", text: deb822 }])).toEqual(lines);
    const list = `# old form\ndeb [signed-by=/k.gpg] ${lines.join("\n").replaceAll("deb ", "").replaceAll("\n", "\ndeb ")}\ndeb-src http://mirror.example/debian bookworm main\n`;
    expect(debianSources([{ name: "sources.list", text: list }])).toEqual(lines);
  });
  test("not those of another release, nor half of one", () => {
    expect(debianSources([{ name: "sources.list", text: "deb http://a.example/ubuntu jammy main" }])).toEqual(
      [],
    );
    expect(
      debianSources([{ name: "sources.list", text: "deb http://a.example/d bookworm-updates main" }]),
    ).toEqual([]);
  });
  test("not those with a password, which would stay in the image, nor disabled ones", () => {
    const secret = ["deb http://user:", "hush@a.example/debian bookworm main"].join("");
    expect(debianSources([{ name: "sources.list", text: secret }])).toEqual([]);
    expect(debianSources([{ name: "d.sources", text: `Enabled: no\n${deb822.split("\n\n")[0]}` }])).toEqual(
      [],
    );
  });
});
