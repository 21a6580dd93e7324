#!/usr/bin/env bash
# The whole way on rendered rooms: data, training, evaluation, pictures.
# Usage: bash tools/demo.sh
# Writes work_dirs/demo: metrics.json, panels/*.png, logs and checkpoints.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

train=600 val=100      # images
height=120 width=160   # pixels, those of the config
panels=8               # validation images to draw

config=configs/mtcp_rooms.py
rooms=data/rooms
work_dir=work_dirs/demo

. tools/env.sh

settings="--train $train --val $val --height $height --width $width --seed 0"
if [ "$(cat "$rooms/settings.txt" 2>/dev/null)" != "$settings" ]; then
    echo "demo: rendering rooms into $rooms"
    # shellcheck disable=SC2086  # options, word by word
    python tools/dataset_converters/make_rooms.py "$rooms" $settings
    echo "$settings" >"$rooms/settings.txt"
fi

echo "demo: training $config into $work_dir"
python tools/train.py "$config" --work-dir "$work_dir"

echo "demo: drawing $panels panels into $work_dir/panels"
images=()
for id in $(head -n "$panels" "$rooms/gt_sets/val.txt"); do
    images+=("$rooms/images/$id".*)
done
python tools/infer.py "${images[@]}" --config "$config" \
    --checkpoint "$(cat "$work_dir/last_checkpoint")" --out-dir "$work_dir/panels"

python tools/analysis_tools/print_metrics.py "$work_dir/metrics.json"
