#!/usr/bin/env bash
# Lint and tests. Creates an environment if none is active (tools/env.sh).
# Usage: bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mtcp_for_tests=1
. tools/env.sh

ruff check .
# Tensors in tests are small: parallel processes are faster than threads.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
