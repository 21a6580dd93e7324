#!/usr/bin/env bash
# Lint and tests, in an environment that it makes where there is none (tools/env.sh).
# Usage: bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/env.sh

ruff check .
OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} python -m pytest "$@" # small tensors: more only wait
