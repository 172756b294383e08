import { messageOf } from "../../../../../components/core/errors.ts";
import type {
  CheckFailure,
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  ReadRequest,
  ReadResult,
  UpdateRequest,
  UpdateResult,
} from "../../kit/provider.ts";
import { InitializationFailed } from "../../kit/provider.ts";
import type { Plain, PlainObject, Properties, Value } from "../../kit/values.ts";
import { isObject, reveal, Secret, unknown } from "../../kit/values.ts";
import { replacing } from "../../kit/wire/diffResponse.ts";
import { parseId } from "../object/access.ts";
import { detailedDiff } from "../object/detailedDiff.ts";
import { threeWayMergePatch } from "../object/mergePatch.ts";
import { annotateSecrets } from "../object/secrets.ts";
import type { Session } from "../provider/session.ts";
import { chartVersion } from "./chart.ts";
import type { ReleaseInputs } from "./inputs.ts";
import { annotateUnknown, decodeRelease, faultsOf, isUnknown, mergeMaps, withDefaults } from "./inputs.ts";
import { resourceNames } from "./manifest.ts";
import { install, ReleaseFailed, render, uninstall, upgrade } from "./operations.ts";
import { findRelease, type StoredRelease } from "./storage.ts";

export const type = "kubernetes:helm.sh/v3:Release";

const asProperties = (release: ReleaseInputs): Properties => ({ ...release }) as unknown as Properties;

/** Completes the inputs, and refuses what the chart or helm does not take. */
export async function check(session: Session, request: CheckRequest): Promise<CheckResult> {
  const failures: CheckFailure[] = faultsOf(request.news);
  const news = withDefaults(
    request.news,
    request.olds,
    request.name,
    request.randomSeed,
    session.defaultNamespace,
  );
  const release = decodeRelease(news);
  if (release.allowNullValues)
    session.log.log(
      "warning",
      request.urn,
      "`allowNullValues` is deprecated and has no effect; null values in Helm chart values are preserved by default.",
    );
  if (!isUnknown(news) && failures.length === 0) {
    try {
      release.version = await chartVersion(session, release);
    } catch (error) {
      const reason = `${messageOf(error)}; check the chart name and repository configuration.`;
      failures.push({ property: "chart", reason });
    }
  }
  const inputs = annotateUnknown(asProperties(release), request.news) as Properties;
  annotateSecrets(inputs, request.news);
  return { inputs, failures };
}

/** Inputs and outputs that a state keeps. */
function parseState(state: Properties): { inputs: Properties; outputs: Properties } {
  const { __inputs: recorded = null, ...outputs } = state;
  const inputs = recorded instanceof Secret ? recorded.value : recorded;
  return { inputs: isObject(inputs) ? inputs : {}, outputs };
}

function checkpoint(inputs: Properties, outputs: Properties, preview: boolean): Properties {
  const state = annotateUnknown(outputs, inputs) as Properties;
  annotateSecrets(state, inputs);
  state.__inputs = new Secret(inputs);
  if (preview) {
    state.resourceNames = unknown;
    state.status = unknown;
  }
  return state;
}

/** The release with what Helm keeps of it. */
function outputsOf(release: ReleaseInputs, stored: StoredRelease): Properties {
  const { chart } = stored;
  return {
    ...asProperties(release),
    name: release.name || stored.name,
    namespace: release.namespace || stored.namespace,
    chart: release.chart || chart.name,
    values: mergeMaps(release.values as PlainObject, stored.config as PlainObject) as Properties,
    version: chart.version,
    resourceNames: resourceNames(stored.manifest) as unknown as Value,
    status: {
      appVersion: chart.appVersion,
      chart: chart.name,
      name: stored.name,
      namespace: stored.namespace,
      revision: stored.revision,
      status: stored.status,
      version: chart.version,
    },
  };
}

const asJson = (value: Plain): PlainObject => JSON.parse(JSON.stringify(value)) as PlainObject;

/** What an update would change, by path. */
export async function diff(_session: Session, request: DiffRequest): Promise<DiffResult> {
  const { inputs, outputs } = parseState(request.olds);
  const news = { ...request.news };
  if (request.ignoreChanges.includes("version") && outputs.version !== undefined)
    news.version = outputs.version;
  delete inputs.checksum;
  delete inputs.resourceNames;
  const patch = threeWayMergePatch(asJson(reveal(inputs)), asJson(reveal(news)), asJson(reveal(outputs)));
  if (Object.keys(patch).length === 0) return { changes: false, replaces: [] };
  const detailed = detailedDiff(patch, {
    base: reveal(outputs),
    newInputs: reveal(news),
    oldInputs: reveal(inputs),
    forceNew: [".name", ".namespace"],
  });
  return {
    changes: true,
    replaces: replacing(detailed),
    diffs: Object.keys(patch),
    ...(detailed.size > 0 ? { detailed } : {}),
  };
}

/** Tells in a preview that a chart does not render, which the update would find out halfway. */
async function tryRender(
  session: Session,
  release: ReleaseInputs,
  inputs: Properties,
  urn: string,
): Promise<void> {
  if (isUnknown(inputs)) return;
  try {
    await render(session, release);
  } catch (error) {
    session.log.log("warning", urn, `the chart does not render: ${messageOf(error)}`);
  }
}

/** Installs the release; a failed one is recorded with its reasons. */
export async function create(
  session: Session,
  { urn, inputs, preview }: CreateRequest,
): Promise<CreateResult> {
  const release = decodeRelease(inputs);
  if (preview) {
    await tryRender(session, release, inputs, urn);
    return { id: "", outputs: checkpoint(inputs, asProperties(release), true) };
  }
  const id = `${release.namespace}/${release.name}`;
  try {
    const stored = await install(session, release, urn);
    return { id, outputs: checkpoint(inputs, outputsOf(release, stored), false) };
  } catch (error) {
    if (!(error instanceof ReleaseFailed)) throw error;
    const reason = messageOf(error.cause);
    session.log.log(
      "warning",
      urn,
      `Helm release "${release.name}" was created but has a failed status. Use the \`helm\` command to investigate the error, correct it, then retry. Reason: ${reason}`,
    );
    throw new InitializationFailed(
      id,
      `Helm release "${id}" was created, but failed to initialize completely. Use Helm CLI to investigate: ${error.message}`,
      checkpoint(inputs, outputsOf(release, error.stored), false),
      error.reasons,
    );
  }
}

/** Upgrades the release; a failed upgrade is recorded with its reasons. */
export async function update(session: Session, request: UpdateRequest): Promise<UpdateResult> {
  const { urn, news, preview } = request;
  const release = decodeRelease(news);
  if (preview) {
    await tryRender(session, release, news, urn);
    return { outputs: checkpoint(news, asProperties(release), true) };
  }
  try {
    const stored = await upgrade(session, release, urn);
    return { outputs: checkpoint(news, outputsOf(release, stored), false) };
  } catch (error) {
    if (!(error instanceof ReleaseFailed)) throw error;
    const id = `${release.namespace}/${release.name}`;
    throw new InitializationFailed(
      id,
      `Helm release "${id}" failed to initialize completely. Use Helm CLI to investigate: error running update: ${error.message}`,
      checkpoint(news, outputsOf(release, error.stored), false),
      error.reasons,
    );
  }
}

/** The release as it is in the cluster, for a refresh or an import. */
export async function read(session: Session, request: ReadRequest): Promise<ReadResult> {
  const { cluster } = session;
  if (!cluster) throw new Error(`configured Kubernetes cluster is unreachable: ${session.unreachable}`);
  const { inputs, outputs } = parseState(request.state);
  const imported = Object.keys(inputs).length === 0;
  const release = decodeRelease(outputs);
  const place = imported ? parseId(request.id) : release;
  const stored = await findRelease(cluster, place.namespace, place.name);
  if (!stored) return { id: "", outputs: {}, inputs: {} };
  const live = outputsOf(release, stored);
  const found = imported ? asProperties({ ...decodeRelease(live), timeout: 300 }) : inputs;
  return { id: request.id, outputs: checkpoint(found, live, false), inputs: found };
}

/** Uninstalls the release. */
export async function remove(session: Session, { state }: DeleteRequest): Promise<void> {
  if (!session.cluster)
    throw new Error(`can't delete Helm Release with unreachable cluster. Reason: "${session.unreachable}"`);
  await uninstall(session, decodeRelease(parseState(state).outputs));
}
