#!/usr/bin/env bash
# Run one step of a longer job: say what runs, then how long it took and whether it went well.
#
#   scripts/step.sh "unit tests" cargo test …
set -uo pipefail

name=$1
shift
printf '\n== %s\n' "$name"
started=$(date +%s)
"$@"
status=$?
took=$(($(date +%s) - started))
if [ "$status" -eq 0 ]; then
    printf '== %s: done in %d min %02d s\n' "$name" $((took / 60)) $((took % 60))
else
    printf '== %s: FAILED with status %d after %d min %02d s\n' "$name" "$status" $((took / 60)) $((took % 60)) >&2
fi
exit "$status"
