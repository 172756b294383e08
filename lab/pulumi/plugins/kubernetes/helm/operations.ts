import { digest } from "../../../../../components/core/digest.ts";
import { messageOf } from "../../../../../components/core/errors.ts";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { podComplaints } from "../await/pods.ts";
import { kinds, warningsAbout } from "../await/related.ts";
import { uidOf } from "../object/access.ts";
import type { Session } from "../provider/session.ts";
import { HelmFailed, helm } from "./binary.ts";
import { chartArguments } from "./chart.ts";
import type { ReleaseInputs } from "./inputs.ts";
import { findRelease, forgetRevision, isUnfinished, ownerLabel, type StoredRelease } from "./storage.ts";

/** The release is there but not as it should be. */
export class ReleaseFailed extends Error {
  readonly stored: StoredRelease;
  readonly reasons: string[];
  constructor({ namespace, name }: ReleaseInputs, stored: StoredRelease, cause: Error, reasons: string[]) {
    super(
      `failed to become available within allocated timeout. Error: Helm Release ${namespace}/${name}: ${cause.message}`,
      {
        cause,
      },
    );
    this.name = "ReleaseFailed";
    this.stored = stored;
    this.reasons = reasons;
  }
}

const ownerOf = (urn: string): string => digest(urn, 32);

const when = (condition: boolean, ...args: string[]): string[] => (condition ? args : []);
const seconds = (timeout: number): string => `${timeout || 300}s`;

/** Flags that install and upgrade have in common. */
const commonFlags = (release: ReleaseInputs, urn: string): string[] => [
  "--namespace",
  release.namespace,
  "--timeout",
  seconds(release.timeout),
  "--labels",
  `${ownerLabel}=${ownerOf(urn)}`,
  ...when(!release.skipAwait, "--wait"),
  ...when(!release.skipAwait && release.waitForJobs, "--wait-for-jobs"),
  ...when(release.atomic, "--atomic"),
  ...when(release.renderSubchartNotes, "--render-subchart-notes"),
  ...when(release.description !== "", "--description", release.description),
  ...when(release.dependencyUpdate, "--dependency-update"),
  ...when(release.takeOwnership, "--take-ownership"),
  ...when(release.disableOpenapiValidation, "--disable-openapi-validation"),
];

/** Reports pods of the release that do not get ready, and returns what it saw last when asked. */
function watchPods(session: Session, release: ReleaseInputs, urn: string): () => Promise<string[]> {
  const { cluster } = session;
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, session.signal]);
  let last: string[] = [];
  const look = async () => {
    if (!cluster) return notYet("");
    const pods = await cluster.list(
      kinds.pod,
      release.namespace,
      `app.kubernetes.io/instance=${release.name}`,
    );
    const unready = pods.filter((pod) => podComplaints([pod]).length > 0);
    const said = podComplaints(unready).map((message) => message.text);
    const events = await warningsAbout(cluster, release.namespace, unready.map(uidOf));
    if (said.length > 0) last = [...said, ...events];
    for (const text of said) session.log.status("warning", urn, text);
    return notYet("helm is at work");
  };
  const what = `helm to bring up ${release.namespace}/${release.name}`;
  const watching = waitFor({ what, deadline: 24 * 3600, interval: 5, signal }, look).catch((error) => {
    if (!signal.aborted) session.log.log("debug", urn, `pods of the release cannot be watched: ${error}`);
  });
  return async () => {
    done.abort(new Error("helm has ended"));
    await watching;
    return last;
  };
}

async function run(
  session: Session,
  release: ReleaseInputs,
  urn: string,
  args: string[],
): Promise<StoredRelease> {
  const { cluster } = session;
  if (!cluster) throw new Error(`cluster is unreachable: ${session.unreachable}`);
  const find = () => findRelease(cluster, release.namespace, release.name);
  const stop =
    when(!release.skipAwait, "wait").length > 0 ? watchPods(session, release, urn) : async () => [];
  try {
    await helm(session, args, release.values);
  } catch (error) {
    const reasons = await stop();
    if (!(error instanceof HelmFailed)) throw error;
    const unread = (reading: unknown): never => {
      const why = `the release cannot be read: ${messageOf(reading)}`;
      throw new Error([error.message, ...reasons, why].join("\n"), { cause: error });
    };
    const stored = session.signal.aborted ? undefined : await find().catch(unread);
    // A taken name belongs to someone else: recorded, their release would be upgraded or uninstalled as ours.
    const ours = args[0] === "upgrade" || stored?.owner === ownerOf(urn);
    if (stored && ours) throw new ReleaseFailed(release, stored, error, reasons);
    throw reasons.length > 0 ? new Error([error.message, ...reasons].join("\n"), { cause: error }) : error;
  }
  await stop();
  const stored = await find();
  if (!stored) throw new Error(`helm made no release ${release.namespace}/${release.name}`);
  return stored;
}

/**
 * Installs a release. One of the same name that an interrupted run of the same resource left is taken up; a release
 * of anyone else is an error.
 */
export async function install(session: Session, release: ReleaseInputs, urn: string): Promise<StoredRelease> {
  const { cluster } = session;
  if (!cluster) throw new Error(`can't create Helm Release with unreachable cluster: ${session.unreachable}`);
  const present = await findRelease(cluster, release.namespace, release.name);
  if (present?.owner === ownerOf(urn)) {
    session.log.log(
      "warning",
      urn,
      `Helm release ${release.namespace}/${release.name} was left ${present.status} by an interrupted run: going on from there`,
    );
    if (!isUnfinished(present) || present.revision > 1) return upgrade(session, release, urn);
    await forgetRevision(cluster, present);
  }
  return run(session, release, urn, [
    "install",
    release.name,
    ...chartArguments(release),
    ...commonFlags(release, urn),
    ...when(release.createNamespace, "--create-namespace"),
    ...when(release.skipCrds, "--skip-crds"),
    ...when(release.disableWebhooks, "--no-hooks"),
    ...when(release.replace, "--replace"),
  ]);
}

/** Upgrades a release, after forgetting a revision that a killed helm left pending. */
export async function upgrade(session: Session, release: ReleaseInputs, urn: string): Promise<StoredRelease> {
  const { cluster } = session;
  if (!cluster) throw new Error(`can't update Helm Release with unreachable cluster: ${session.unreachable}`);
  const present = await findRelease(cluster, release.namespace, release.name);
  if (present && isUnfinished(present)) {
    session.log.log(
      "warning",
      urn,
      `revision ${present.revision} of Helm release ${release.namespace}/${release.name} was left ${present.status}: it is forgotten`,
    );
    await forgetRevision(cluster, present);
    if (present.revision === 1) return install(session, release, urn);
  }
  return run(session, release, urn, [
    "upgrade",
    release.name,
    ...chartArguments(release),
    ...commonFlags(release, urn),
    "--history-max",
    String(release.maxHistory ?? 0),
    ...when(release.cleanupOnFail, "--cleanup-on-fail"),
    ...when(release.disableCRDHooks, "--no-hooks"),
    ...when(release.forceUpdate, "--force"),
    ...when(release.resetValues, "--reset-values"),
    ...when(release.reuseValues, "--reuse-values"),
  ]);
}

/** Uninstalls a release; one that is gone already is no error. */
export async function uninstall(session: Session, release: ReleaseInputs): Promise<void> {
  const wait = release.atomic || !release.skipAwait;
  await helm(session, [
    "uninstall",
    release.name,
    "--namespace",
    release.namespace,
    "--ignore-not-found",
    ...when(wait, "--wait", "--timeout", seconds(release.timeout)),
  ]);
}

/** Renders the chart without touching the cluster. */
export const render = (session: Session, release: ReleaseInputs): Promise<string> =>
  helm(
    session,
    ["template", release.name, ...chartArguments(release), "--namespace", release.namespace],
    release.values,
  );
