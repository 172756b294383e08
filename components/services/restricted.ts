/** The user of our own images. */
const user = 10001;

/**
 * Pod Security's "restricted" for a pod of our own images.
 * @param volumes whether the pod's volumes belong to its group
 */
export const restrictedPod = ({ volumes }: { volumes: boolean }) => ({
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  ...(volumes && { fsGroup: user }),
  seccompProfile: { type: "RuntimeDefault" },
});

/** Pod Security's "restricted" for a container, and a root file system that cannot be written. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
