#!/usr/bin/env bash
# Trains the verifier from a clean checkout: environment, examples, training, calibration, export, figures.
#
#   training/run.sh [--data DIR] [--out DIR] [--tokens N] [--until HH:MM]
#
# --data    folder with corpora/, train/ and bench/ (see README.md); without it only the bundled corpora are used
# --out     where model.gguf and heads.safetensors go (default models/verifier)
# --tokens  token budget (default 2000000), --until the time (UTC) at which training ends, whichever comes first
#
# Stopped at any point, the same command goes on from the last checkpoint. ATTEST_TRAINING_PYTHON names an interpreter
# that already has the packages of requirements.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${ATTEST_TRAINING_CACHE:-$HOME/.cache/attest/training}
data=() out=$here/../models/verifier tokens=2000000 until=()
while (($#)); do
  case $1 in
    --data) data=(--data "$2") ;;
    --out) out=$2 ;;
    --tokens) tokens=$2 ;;
    --until) until=(--until "$2") ;;
    *) echo "unknown option $1; see the head of $0" >&2; exit 2 ;;
  esac
  shift 2
done
python=${ATTEST_TRAINING_PYTHON:-$cache/venv/bin/python}
if [[ ! -x $python ]]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
fi
cd "$here"
examples=$cache/data run=$cache/run1
[[ -e $examples/summary.json ]] || "$python" build.py --out "$examples" --scale 0.7 "${data[@]}"
[[ -e $run/last.pt ]] || nice -n 19 "$python" -u train.py --data "$examples" --run "$run" --tokens "$tokens" "${until[@]}"
"$python" calibrate.py --examples "$examples" --weights "$run/last.pt" --out "$run/calibration.json"
"$python" export.py --out "$out" --examples "$examples" --weights "$run/last.pt" --calibration "$run/calibration.json" \
  --parity 40 "${data[@]}"
"$python" evaluate.py --examples "$examples" --weights "$run/last.pt" --calibration "$run/calibration.json" \
  --out "$out/figures.json" "${data[@]}"
