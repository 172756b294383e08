import type { Catalogue } from "../../../../lambda/client/wire.ts";

/** Types by name with the regions that list them, all at one price. */
export const catalogueOf = (listed: Record<string, string[]>, cents = 100): Catalogue =>
  Object.fromEntries(
    Object.entries(listed).map(([name, places]) => [
      name,
      {
        instance_type: {
          name,
          description: undefined,
          gpu_description: undefined,
          price_cents_per_hour: cents,
          specs: { vcpus: 1, memory_gib: 1, storage_gib: 1, gpus: 1 },
        },
        regions_with_capacity_available: places.map((region) => ({ name: region, description: undefined })),
      },
    ]),
  );
