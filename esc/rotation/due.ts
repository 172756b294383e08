import { consumers } from "../../components/settings/environment/consumers.ts";
import { generated } from "../../components/settings/environment/generated.ts";
import type { AnySecretName, Rotation } from "../../components/settings/environment/secrets.ts";
import { configKey, liveSecrets, usersOf, valuesOf } from "../../components/settings/environment/uses.ts";
import type { Uses } from "../uses/derive.ts";

/**
 * When each value was last changed: dates like 2026-11-21, by environment and path. Of what the program makes itself, by
 * stack file and setting.
 */
export type RotationRecord = Record<string, Record<string, string>>;

/** Days before the due date on which the reminder begins. */
export const notice = 7;

/** How things stand with one value. */
export interface Standing {
  secret: string;
  /** Where the value lies, or the stack file with the setting that makes it. */
  environment: string;
  path: string;
  /**
   * `unrecorded`: nobody wrote down when it was last changed. `absent`: the same of an optional one, which is taken for
   * one that nobody put in. `due`: within the days of notice.
   */
  state: "fresh" | "due" | "overdue" | "unrecorded" | "absent";
  /** Date of the last change. */
  last?: string;
  /** Date on which it has to be changed. */
  due?: string;
  rotation: Rotation;
  /** Where a new value comes from. */
  obtain: string;
  republish: Republish;
}

/** What gets the new value, and how. */
export interface Republish {
  configKey: string;
  /** Stacks to update, and the resources of each that the update changes, as found in the program itself. */
  stacks: { name: string; resources: string[] }[];
  /** What the update does besides. */
  effects: string[];
}

export interface Given {
  record: RotationRecord;
  stages: readonly string[];
  /** Date like 2026-11-21, UTC. */
  today: string;
  /** Resources that a secret reaches, by stack and secret. */
  uses: Uses;
}

/** The record cannot be used; the message names every line that is wrong. */
export class RecordError extends Error {
  constructor(faults: string[]) {
    super(`esc/rotations.yaml cannot be used:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "RecordError";
  }
}

const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString().slice(0, 10);
const isDate = (text: string) =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && iso(Date.parse(text)) === text;

/** A value that has to be changed from time to time. */
type Watched = Omit<Standing, "state" | "last" | "due"> & { required: boolean };

/** Values that people, or ESC's rotators, put into ESC. */
const given = (stages: readonly string[], uses: Uses): Watched[] =>
  [...liveSecrets].flatMap(([name, secret]) =>
    [...new Set(stages.map((stage) => valuesOf(secret, stage)))].map((environment) => ({
      secret: name,
      environment,
      path: secret.path,
      required: secret.required,
      rotation: secret.rotation,
      obtain: secret.obtain,
      republish: {
        configKey: configKey(name),
        stacks: stages
          .filter((stage) => valuesOf(secret, stage) === environment)
          .map((stage) => ({ name: stage, resources: uses[stage]?.[name] ?? [] })),
        effects: effectsOf(name),
      },
    })),
  );

/** Values that the program makes, one for each stack: each has them from its first update on. */
const made = (stages: readonly string[]): Watched[] =>
  stages.flatMap((stage) =>
    generated.map(({ about, setting, rotated, rotation }) => ({
      secret: about,
      environment: `Pulumi.${stage}.yaml`,
      path: setting,
      required: true,
      rotation,
      obtain: "the program, at random",
      republish: {
        configKey: configKey(setting.split(".", 1)[0] ?? ""),
        stacks: [{ name: stage, resources: [] }],
        effects: [rotated],
      },
    })),
  );

/**
 * How every value of the platform stands, the most urgent first. Pure.
 * @throws RecordError with all faults of the record
 */
export function standings({ record, stages, today, uses }: Given): Standing[] {
  const known = [...given(stages, uses), ...made(stages)];
  const faults = Object.entries(record).flatMap(([environment, dates]) =>
    Object.entries(dates ?? {}).flatMap(([path, date]) => {
      const where = `${environment} ${path}`;
      if (!known.some((value) => value.environment === environment && value.path === path)) {
        return [`${where}: there is no such secret; take the line out`];
      }
      if (!isDate(String(date))) return [`${where}: ${date} is no date like 2026-11-21`];
      return date > today ? [`${where}: ${date} is in the future`] : [];
    }),
  );
  if (faults.length > 0) throw new RecordError(faults);
  const order = ["overdue", "unrecorded", "due", "fresh", "absent"];
  return known
    .map(({ required, ...watched }): Standing => {
      const last = record[watched.environment]?.[watched.path];
      const dueAt = last === undefined ? undefined : Date.parse(last) + watched.rotation.days * day;
      const left = dueAt === undefined ? undefined : (dueAt - Date.parse(today)) / day;
      const unknown = required ? "unrecorded" : "absent";
      return {
        ...watched,
        state: left === undefined ? unknown : left < 0 ? "overdue" : left <= notice ? "due" : "fresh",
        ...(last === undefined ? {} : { last }),
        ...(dueAt === undefined ? {} : { due: iso(dueAt) }),
      };
    })
    .sort(
      (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.due ?? "").localeCompare(b.due ?? ""),
    );
}

const effectsOf = (name: AnySecretName): string[] =>
  usersOf(name)
    .filter((user) => consumers[user].built)
    .flatMap((user) => {
      const { about, afterRotation }: { about: string; afterRotation?: string } = consumers[user];
      return afterRotation === undefined ? [] : [`${about}: ${afterRotation}`];
    });

/** What somebody has to do something about. */
export const dueOnes = (all: Standing[]) =>
  all.filter(({ state }) => state !== "fresh" && state !== "absent");
