/** Where one binding stands. Times are HubSpot's own, in milliseconds since 1970. */
export interface HubSpotPosition {
  /** Counter of the binding with which the read began. */
  backfill: number;
  /** First read: everything up to this id is read. Gone once it is complete. */
  after?: string;
  complete: boolean;
  /** All changes before this moment are read, and at this moment those of the records in `seen`. */
  since: number;
  seen: string[];
  /** All that was archived before this moment is known; at this moment, that of the records in `archivedSeen`. */
  archivedSince: number;
  archivedSeen: string[];
  /** When calculated properties were last refreshed, by the clock here. */
  refreshed?: number;
}

export interface HubSpotBinding {
  capture: string;
  collection: string;
  /** `contacts` or `deals`. */
  name: string;
  backfill: number;
  /** Cron expression: when calculated properties are refreshed. Default: never. */
  schedule?: string | undefined;
}
