/** The part of Estuary's schema that is emulated, under its names. A query beyond it is refused, as there. */
export const definitions = (createPublication: boolean) => `
scalar Id
scalar Name
scalar Prefix
scalar JSON
scalar JSONObject
scalar DateTime
enum CatalogType { capture collection materialization test }
enum AlertType { shard_failed }
type PageInfo { hasPreviousPage: Boolean! hasNextPage: Boolean! startCursor: String endCursor: String }
type Error { catalogName: String! scope: String detail: String! }
type LockFailure { catalogName: String! }
type JobStatus { type: String! lockFailures: [LockFailure!]! }
type Publication { id: Id! draftId: Id! dryRun: Boolean! pubId: Id status: JobStatus! errors: [Error!]! }
type DraftSpec { catalogName: Name! catalogType: CatalogType model: JSON expectPubId: Id isUnchanged: Boolean! }
type DraftSpecEdge { node: DraftSpec! cursor: String! }
type DraftSpecConnection { edges: [DraftSpecEdge!]! pageInfo: PageInfo! }
type Draft {
  id: Id! createdAt: DateTime! detail: String numSpecs: Int! errors: [Error!]!
  specs(after: String, first: Int): DraftSpecConnection!
}
type DraftEdge { node: Draft! cursor: String! }
type DraftConnection { edges: [DraftEdge!]! pageInfo: PageInfo! }
type Alert { alertType: AlertType! catalogName: String! firedAt: DateTime! resolvedAt: DateTime arguments: JSON! }
type AlertEdge { node: Alert! cursor: String! }
type AlertConnection { edges: [AlertEdge!]! pageInfo: PageInfo! }
type LiveSpec {
  liveSpecId: Id! catalogName: String! catalogType: CatalogType! lastPubId: Id!
  createdAt: DateTime! updatedAt: DateTime! isDisabled: Boolean! model: JSON
}
type SpecPublicationHistoryItem { publicationId: Id! publishedAt: DateTime! detail: String model: JSON }
type ShardFailure { ts: DateTime! message: String! fields: JSONObject! }
type ActivationStatus { lastFailure: ShardFailure }
type Controller { activation: ActivationStatus }
type LiveSpecStatus { type: String! summary: String! controller: Controller }
type LiveSpecRef {
  catalogName: Name! liveSpec: LiveSpec activeAlerts: [Alert!] status: LiveSpecStatus
  lastPublication: SpecPublicationHistoryItem
}
type LiveSpecRefEdge { node: LiveSpecRef! cursor: String! }
type LiveSpecRefConnection { edges: [LiveSpecRefEdge!]! pageInfo: PageInfo! }
type ConnectorTag { imageTag: String! endpointSpecSchema: JSON resourceSpecSchema: JSON }
type Connector { imageName: String! connectorTag(imageTag: String): ConnectorTag }
input LiveSpecsBy { names: [Name!] prefix: Prefix catalogType: CatalogType }
input AlertsBy { prefix: String! active: Boolean }
input DraftSpecInput { catalogName: Name! catalogType: CatalogType model: JSON expectPubId: Id detail: String }
type Query {
  liveSpecs(by: LiveSpecsBy!, after: String, first: Int): LiveSpecRefConnection!
  alerts(by: AlertsBy!, after: String, first: Int): AlertConnection!
  drafts(after: String, first: Int): DraftConnection!
  draft(id: Id!): Draft
  publication(id: Id!): Publication
  connector(imageName: String!): Connector
}
type Mutation {
  createDraft(detail: String): Draft!
  stageDraftSpecs(draftId: Id!, specs: [DraftSpecInput!]!): Int!
  unstageDraftSpecs(draftId: Id!, catalogNames: [Name!]!): Int!
  deleteDraft(id: Id!): Boolean!
  ${createPublication ? "createPublication(draftId: Id!, dryRun: Boolean!, defaultDataPlane: String, detail: String): Publication!" : ""}
}`;
