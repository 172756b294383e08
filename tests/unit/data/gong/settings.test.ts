import { expect, test } from "vitest";
import { environmentSchema } from "../../../../components/settings/environment/variables.ts";
import { gongEnvironment } from "../../../../data/gong/settings.ts";

/** Where the job's keys are; the rest has defaults. */
const least = {
  SOPHIA_GONG_ACCESS_KEY_FILE: "/key",
  SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: "/secret",
  SOPHIA_POSTGRES_HOST: "postgres",
  SOPHIA_POSTGRES_PASSWORD_FILE: "/password",
  SOPHIA_POSTGRES_USER: "gong_loader",
};

test("W5 the list of variables and the extractor's own schema say the same", () => {
  const listed = environmentSchema("gong").parse(least);
  const own = gongEnvironment.parse(least);
  const gongs = Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith("SOPHIA_GONG_")));
  expect(listed).toEqual(gongs);
});
