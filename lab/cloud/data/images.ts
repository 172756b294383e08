/** Image families offered in every region; the first one is what a launch without `image` gets. */
export const imageFamilies = [
  { family: "lambda-stack-22-04", version: "22.4.5-2141", description: "Lambda Stack on Ubuntu 22.04" },
  { family: "lambda-stack-24-04", version: "24.4.4-2141", description: "Lambda Stack on Ubuntu 24.04" },
  { family: "gpu-base-22-04", version: "22.4.5-2141", description: "GPU Base on Ubuntu 22.04" },
  { family: "gpu-base-24-04", version: "24.4.4-2141", description: "GPU Base on Ubuntu 24.04" },
] as const;

export const imageArchitectures = ["x86_64", "arm64"] as const;

/** When the emulator's images claim to have been made. */
export const imageTime = "2026-06-01T00:00:00.000Z";
