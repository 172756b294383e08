import { DockerfileParser, type Instruction } from "dockerfile-ast";

interface Stage {
  name: string;
  image: string;
  platform: string;
  rest: Instruction[];
}

/** The stages of a Dockerfile, and the global arguments before them. */
function read(text: string): { globals: { name: string; value: string | undefined }[]; stages: Stage[] } {
  const globals: { name: string; value: string | undefined }[] = [];
  const stages: Stage[] = [];
  const file = DockerfileParser.parse(text);
  const starts = file.getFROMs().map((from) => ({
    image: from.getImage() ?? "",
    name: from.getBuildStage() ?? "",
    platform: from.getPlatformFlag()?.getValue() ?? "",
  }));
  for (const instruction of file.getInstructions()) {
    const last = stages.at(-1);
    const start = starts[stages.length];
    if (instruction.getKeyword() === "FROM" && start) stages.push({ ...start, rest: [] });
    else if (last) last.rest.push(instruction);
    else if (instruction.getKeyword() === "ARG") {
      const [name = "", value] = (instruction.getArgumentsContent() ?? "").split("=");
      globals.push({ name, value });
    }
  }
  return { globals, stages };
}

const contentOf = (stage: Stage | undefined, keyword: string): string[] =>
  (stage?.rest ?? [])
    .filter((each) => each.getKeyword() === keyword)
    .map((each) => each.getArgumentsContent() ?? "");

/** What comes from the checkout and is not made readable for all after it. */
function copiedLate({ rest }: Stage): string[] {
  // With flags, which the arguments leave out.
  const said = rest.map((each) => each.getTextContent());
  const last = said.findLastIndex((each) => each.startsWith("RUN ") && /\bchmod -R\b/.test(each));
  return said.slice(last + 1).filter((each) => each.startsWith("COPY ") && !each.includes("--from="));
}

/** What is wrong with a Dockerfile by our own rules, which no linter has. Pure. */
export function faultsOf(text: string): string[] {
  const { globals, stages } = read(text);
  const faults: string[] = [];
  const final = stages.at(-1);
  const names = stages.map(({ name }) => name);
  if (stages.length < 2) faults.push("it has one stage: what builds would be in what runs");
  for (const { name, value } of globals) {
    // Seen with Docker 20.10's BuildKit: a declared one is empty.
    if (name === "BUILDPLATFORM") faults.push("BUILDPLATFORM is declared, which hides BuildKit's own");
    if (value !== undefined) faults.push(`${name} has a default, which nobody checked: leave it out`);
  }
  for (const { image } of stages) {
    const argument = /^\$\{([A-Z]+)\}$/.exec(image)?.[1];
    const given = globals.some(({ name }) => name === argument);
    if (!names.includes(image) && !given) faults.push(`${image} is neither a stage nor given by digest`);
  }
  for (const stage of stages) {
    if (contentOf(stage, "RUN").length > 0 && stage.platform !== "${BUILDPLATFORM}") {
      faults.push(
        `stage ${stage.name || stage.image} runs on the platform that is built for: that takes an emulator`,
      );
    }
    for (const content of copiedLate(stage))
      faults.push(`${content} comes after the last chmod: who may read it is up to the checkout's modes`);
    if (contentOf(stage, "ADD").length > 0) faults.push("ADD may fetch or unpack: use COPY");
    for (const content of [...contentOf(stage, "ARG"), ...contentOf(stage, "ENV")]) {
      if (/(token|password|secret|api_?key)/i.test(content)) faults.push(`${content} names a secret`);
    }
    if (contentOf(stage, "RUN").some((each) => /\bnpm (i|install)\b/.test(each))) {
      faults.push("npm install takes what is newest: use npm ci");
    }
    if (
      contentOf(stage, "RUN").some((each) => /\bnpm ci\b/.test(each) && !each.includes("--ignore-scripts"))
    ) {
      faults.push("npm ci runs the scripts of strangers: add --ignore-scripts");
    }
  }
  if (!/^[1-9][0-9]*:[1-9][0-9]*$/.test(contentOf(final, "USER").at(-1) ?? "")) {
    faults.push("it does not end as a numeric user other than root");
  }
  if (contentOf(final, "HEALTHCHECK").length === 0) faults.push("it has no HEALTHCHECK");
  if (!/^\[/.test(contentOf(final, "CMD").at(-1) ?? ""))
    faults.push("CMD is not a list: a shell would get the signals");
  for (const label of ["title", "description"]) {
    if (!contentOf(final, "LABEL").join().includes(`org.opencontainers.image.${label}=`)) {
      faults.push(`label org.opencontainers.image.${label} is missing`);
    }
  }
  return faults;
}
