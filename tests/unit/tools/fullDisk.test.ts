import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { advice } from "../../../lab/terminal/advice.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { canMount, smallDisk } from "../../support/smallDisk.ts";

test.skipIf(!canMount)(
  "a build that fills the disk says what to do, keeps what was finished, and goes on when there is room (Linux and root only)",
  async () => {
    const disk = await smallDisk(4e6);
    const built: string[] = [];
    const make = (name: string, bytes: number, needs: Artefact[] = []): Artefact => ({
      name,
      title: name,
      needs,
      key: async () => name,
      build: async ({ out }) => {
        built.push(name);
        writeFileSync(join(out, "result"), Buffer.alloc(bytes));
      },
    });
    const small = make("small", 1e6);
    const large = make("large", 2e6, [small]);
    await disk.fill(2e6);
    const error = await obtain([large], { cache: disk.folder }).catch((error: Error) => error);
    const lab = { folder: "/labs/one", cache: disk.folder };
    expect(error).toMatchObject({ message: expect.stringContaining("ENOSPC") });
    expect(advice(String(error), lab)).toMatch(
      /^The disk is full\. Free some space .* finished steps are kept/,
    );
    expect(readdirSync(join(disk.folder, "large"))).toEqual([]);

    await disk.free();
    const folders = await obtain([large], { cache: disk.folder });
    expect(built).toEqual(["small", "large", "large"]);
    expect(existsSync(join(folders.get("large") ?? "", "result"))).toBe(true);
  },
);
