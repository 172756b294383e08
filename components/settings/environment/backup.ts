import { monthly, type Secret, text, twoKeys } from "./secretKinds.ts";

/** What a stack with backups must have. */
export const backupSecrets = {
  backupPassword: {
    about:
      "Password of the backups' repository, which encrypts all that is in it. Required with the section `backup`. Without it no backup opens: keep a copy outside of the platform.",
    scope: "stage",
    path: "backup.password",
    required: false,
    format: text,
    usedBy: ["backup"],
    obtain: "`openssl rand -hex 32`",
    rotation: {
      by: "reminder",
      days: 365,
      why: "a new password locks out only who has no copy of the repository's key; whoever had the old one may have one",
      how: "Add the new one with restic's `key add`, put it into ESC, update the stack, then remove the old one: docs/runbooks/backup.md.",
    },
  },
  backupAccessKeyId: {
    about:
      "Access key of the backups' bucket, which may list, read, write and delete in its folder. Required with the section `backup`.",
    scope: "stage",
    path: "backup.accessKeyId",
    required: false,
    format: text,
    usedBy: ["backup"],
    obtain: "the bucket's provider: a user for this stack alone",
    rotation: monthly(twoKeys),
  },
  backupSecretAccessKey: {
    about: "Its secret.",
    scope: "stage",
    path: "backup.secretAccessKey",
    required: false,
    format: text,
    usedBy: ["backup"],
    obtain: "shown once, with the access key",
    rotation: monthly("As its access key."),
  },
} as const satisfies Record<string, Secret>;

export type BackupSecret = keyof typeof backupSecrets;
export const backupSecretNames = Object.keys(backupSecrets) as BackupSecret[];
