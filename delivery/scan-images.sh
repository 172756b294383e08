#!/usr/bin/env bash
# Builds the images of a stack without pushing them, and fails when one has a vulnerability that must be fixed.
#   delivery/scan-images.sh [stack]
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
exec node images/scan/main.ts "${1:-prod}"
