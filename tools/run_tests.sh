#!/usr/bin/env bash
# Lint and tests, in an environment that it makes where there is none (tools/env.sh).
# Usage: bash tools/run_tests.sh [arguments of pytest]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mtcp_for_tests=1
. tools/env.sh

ruff check .
# The tests' tensors are small: processes side by side, a test file each, in place of threads that wait for each other.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile "$@"
