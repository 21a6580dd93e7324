#!/usr/bin/env bash
# Trains with several processes on one or more hosts: NCCL with CUDA, gloo on the CPU.
# Usage: tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]
#   GPUS: processes on this host. NNODES, NODE_RANK, PORT, MASTER_ADDR: from the environment.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 CONFIG GPUS [arguments of tools/train.py]" >&2; exit 2; }
config=$1 gpus=$2
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

PYTHONPATH="$tools/..${PYTHONPATH:+:$PYTHONPATH}" \
exec python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --nproc_per_node="$gpus" \
    --master_port="${PORT:-29500}" \
    "$tools/train.py" "$config" --launcher pytorch "${@:3}"
