#!/usr/bin/env bash
# Scans images of a stack, and fails when one has a vulnerability that must be fixed.
#   delivery/scan-images.sh [stack] [ours]     our own, built without pushing them
#   delivery/scan-images.sh <stack> others     those of others, as their registries have them
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
exec node images/scan/main.ts "$@"
