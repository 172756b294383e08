import { imageArchitectures, imageFamilies, imageTime } from "../data/images.ts";
import { type InstanceTypeRow, instanceTypes } from "../data/instanceTypes.ts";
import { type Region, regions } from "../data/regions.ts";
import { dashedId } from "../store/ids.ts";
import type { Capacity, State } from "../store/state.ts";
import { DoesNotExist } from "./errors.ts";

export interface Image {
  id: string;
  family: string;
  version: string;
  description: string;
  architecture: "x86_64" | "arm64";
  region: Region;
  time: string;
}

/** The region of that name, if Lambda has one. */
export const findRegion = (name: string): Region | undefined =>
  regions.find((region) => region.name === name);

/** The instance type of that name, if Lambda has one. */
export const findType = (name: string): InstanceTypeRow | undefined =>
  instanceTypes.find((type) => type.name === name);

/** A region that a stored row names: the data file is fixed, so its absence is a fault of the state file. */
export function regionOf(name: string): Region {
  const region = findRegion(name);
  if (!region) throw new Error(`the state names region ${name}, which the emulator does not have`);
  return region;
}

/** An instance type that a stored row names: see `regionOf`. */
export function typeOf(name: string): InstanceTypeRow {
  const type = findType(name);
  if (!type) throw new Error(`the state names instance type ${name}, which the emulator does not have`);
  return type;
}

/** Ids do not depend on the lab's seed: they are part of the catalogue, as in reality. */
export const images: readonly Image[] = regions.flatMap((region) =>
  imageFamilies.flatMap((image) =>
    imageArchitectures.map((architecture) => ({
      ...image,
      id: dashedId("catalogue", "image", `${region.name}/${image.family}/${architecture}`),
      architecture,
      region,
      time: imageTime,
    })),
  ),
);

/** The image for a launch. Default: the first family. */
export function chooseImage(
  wish: { id: string } | { family: string } | undefined,
  region: string,
  architecture: Image["architecture"],
  missingStatus: number,
): Image {
  const family = wish && "family" in wish ? wish.family : imageFamilies[0].family;
  const found = images.find(
    (image) =>
      image.region.name === region &&
      (wish && "id" in wish
        ? image.id === wish.id
        : image.family === family && image.architecture === architecture),
  );
  if (!found)
    throw new DoesNotExist(`Image ${wish && "id" in wish ? wish.id : family} was not found.`, missingStatus);
  return found;
}

const slotsOf = (type: InstanceTypeRow, region: string, capacity: Capacity): number => {
  const told = capacity[type.name]?.[region];
  if (told) return told.slots ?? Number.POSITIVE_INFINITY;
  return type.regions.includes(region) ? Number.POSITIVE_INFINITY : 0;
};

/** How many more instances of the type really fit: a launch beyond it is refused, whatever the list says. */
export function freeSlots(state: State, type: InstanceTypeRow, region: string): number {
  const taken = state.instances.filter(
    (instance) =>
      instance.type === type.name && instance.region === region && instance.status !== "terminated",
  ).length;
  return slotsOf(type, region, state.capacity) - taken;
}

/** Regions that the list shows for the type; `listed` in the capacity table makes the list differ from the capacity, as the real one can. */
export const listedRegions = (state: State, type: InstanceTypeRow): Region[] =>
  regions.filter(
    (region) => state.capacity[type.name]?.[region.name]?.listed ?? freeSlots(state, type, region.name) > 0,
  );
