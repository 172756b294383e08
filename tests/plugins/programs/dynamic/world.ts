// Pulumi serialises the provider with all that it calls. It knows Node's own modules by their default export only,
// and cannot serialise a class with private fields.
import fs from "node:fs";
import path from "node:path";

/** What the world outside holds of a thing: a file in a folder. */
export interface Stored {
  text: string;
}

const file = (folder: string, id: string) => path.join(folder, `${id}.json`);

/** Every deed is a line in the journal. */
export function note(folder: string, line: string): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.appendFileSync(path.join(folder, "journal"), `${line}\n`);
}

export function write(folder: string, id: string, stored: Stored): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(file(folder, id), JSON.stringify(stored));
}

export function remove(folder: string, id: string): void {
  fs.rmSync(file(folder, id), { force: true });
}

export function read(folder: string, id: string): Stored | undefined {
  if (!fs.existsSync(file(folder, id))) return undefined;
  return JSON.parse(fs.readFileSync(file(folder, id), "utf8"));
}

/** Notes that it waits, and returns when the folder has a file `release`. */
export function release(folder: string, label: string): Promise<void> {
  note(folder, `wait ${label}`);
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!fs.existsSync(path.join(folder, "release"))) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
}
