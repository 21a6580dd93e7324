#!/usr/bin/env bash
# Trains as a Slurm job.
# Usage: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
#   GPUS, GPUS_PER_NODE, CPUS_PER_TASK, SRUN_ARGS: from the environment.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 PARTITION JOB_NAME CONFIG [arguments of tools/train.py]" >&2; exit 2; }
partition=$1 job_name=$2 config=$3
gpus=${GPUS:-4}
gpus_per_node=${GPUS_PER_NODE:-$((gpus < 4 ? gpus : 4))}
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# SRUN_ARGS is a list of words.
# shellcheck disable=SC2086
PYTHONPATH="$tools/..${PYTHONPATH:+:$PYTHONPATH}" \
exec srun -p "$partition" \
    --job-name="$job_name" \
    --gres="gpu:$gpus_per_node" \
    --ntasks="$gpus" \
    --ntasks-per-node="$gpus_per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    python -u "$tools/train.py" "$config" --launcher slurm "${@:4}"
