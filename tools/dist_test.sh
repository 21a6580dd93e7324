#!/usr/bin/env bash
# Evaluates with several processes on one or more hosts: NCCL with CUDA, gloo on the CPU.
# Usage: tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of tools/test.py]
#   GPUS: processes on this host. NNODES, NODE_RANK, PORT, MASTER_ADDR: from the environment.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 CONFIG CHECKPOINT GPUS [arguments of tools/test.py]" >&2; exit 2; }
config=$1 checkpoint=$2 gpus=$3
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

PYTHONPATH="$tools/..${PYTHONPATH:+:$PYTHONPATH}" \
exec python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --nproc_per_node="$gpus" \
    --master_port="${PORT:-29500}" \
    "$tools/test.py" "$config" "$checkpoint" --launcher pytorch "${@:4}"
