#!/usr/bin/env bash
# The complete workflow on rendered rooms: data, training, evaluation, panels.
# Usage: bash tools/demo.sh
# Writes work_dirs/demo: metrics.json, panels/*.png, logs and checkpoints. The training prints the metrics as a table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

train=400 val=60      # images
height=96 width=128   # pixels, those of the config
panels=8               # validation images to draw

config=configs/mtcp_rooms.py
rooms=data/rooms
work_dir=work_dirs/demo

. tools/env.sh
# Maps are small: on two cores, a second thread makes training slower.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

echo "demo: rendering rooms into $rooms"
python tools/dataset_converters/make_rooms.py "$rooms" \
    --train "$train" --val "$val" --height "$height" --width "$width" --seed 0

echo "demo: training $config into $work_dir"
python tools/train.py "$config" --work-dir "$work_dir"

echo "demo: drawing $panels panels into $work_dir/panels"
images=()
for id in $(head -n "$panels" "$rooms/gt_sets/val.txt"); do
    images+=("$rooms/images/$id".*)
done
python tools/infer.py "${images[@]}" --config "$config" \
    --checkpoint "$(cat "$work_dir/last_checkpoint")" --out-dir "$work_dir/panels"
