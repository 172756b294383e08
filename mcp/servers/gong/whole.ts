import { fitting } from "../kit/cut.ts";
import { offsetOf, type Paging } from "../kit/tool.ts";
import { describeParty, describeWithin } from "./calls.ts";
import type { WireExtensive } from "./wire.ts";

/** Of what a call has once, and of a CRM record's fields. */
const mostTexts = 100;
const mostFields = 30;

/** The first of a list, and how many were left out. */
const first = <T>(items: readonly T[] = [], most = mostTexts) => ({
  items: items.slice(0, most),
  more: Math.max(0, items.length - most),
});

/**
 * A call with as much of everything as fits into one answer: participants and CRM records by pages, the rest with the first
 * page. `leftOut` has how many are not shown yet, or not at all; a number that is 0 is left out. Pure.
 */
export function describeWhole(
  { metaData, parties = [], context = [], content }: WireExtensive,
  { limit, cursor }: Paging,
): unknown {
  const start = offsetOf(cursor);
  const end = start + limit;
  const objects = context.flatMap(({ system, objects = [] }) => objects.map((each) => ({ system, ...each })));
  const topics = first(content?.topics?.filter(({ duration }) => duration !== 0));
  const trackers = first(content?.trackers?.filter(({ count }) => count !== 0));
  const keyPoints = first(content?.keyPoints);
  const leftOut = {
    parties: Math.max(0, parties.length - end),
    crm: Math.max(0, objects.length - end),
    ...(start === 0 && { keyPoints: keyPoints.more, topics: topics.more, trackers: trackers.more }),
  };
  const missing = Object.entries(leftOut).filter(([, count]) => count > 0);
  return fitting({
    ...(start === 0
      ? {
          ...describeWithin(5000, metaData),
          brief: content?.brief,
          keyPoints: keyPoints.items.map(({ text }) => text),
          topics: topics.items.map(({ name }) => name),
          trackers: trackers.items.map(({ name, count }) => ({ name, count })),
        }
      : { id: metaData.id }),
    parties: parties.slice(start, end).map(describeParty),
    crm: objects.slice(start, end).map(({ system, objectType, objectId, fields }) => {
      const { items, more } = first(fields, mostFields);
      return {
        system,
        objectType,
        objectId,
        fields: Object.fromEntries(items.map(({ name, value }) => [name, plain(value)])),
        ...(more > 0 && { fieldsLeftOut: more }),
      };
    }),
    ...(missing.length > 0 && { leftOut: Object.fromEntries(missing) }),
    ...(leftOut.parties + leftOut.crm > 0 && { nextCursor: String(end) }),
  });
}

/** A field's value; a list or object as its JSON, which can be cut. */
const plain = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : value;
