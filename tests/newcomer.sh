#!/usr/bin/env bash
# Run the commands under "Start" in README.md as they stand, on a fresh clone of this repository, and look whether
# every word of the caption got its overlay. REPOSITORY stands for the address to clone from.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

commands="$(sed -n '/<!-- newcomer -->/,/<!-- end -->/p' "$here/README.md" | sed -n 's/^    //p')"
count="$(printf '%s\n' "$commands" | wc -l)"
if [ "$count" -lt 1 ] || [ "$count" -ge 5 ]; then
  echo "README.md gives a newcomer $count commands: it should be 1 to 4" >&2
  exit 1
fi
printf 'A newcomer runs:\n%s\n' "$commands"
cd "$work"
REPOSITORY="$here" bash -euo pipefail -c "$commands"

overlays=("$work"/visuosyn/reports/prompt/overlays/*.png)
if [ "${#overlays[@]}" -ne 6 ] || [ ! -s "$work/visuosyn/reports/prompt/index.html" ]; then
  echo "six overlays and a page were to come, but there are: ${overlays[*]}" >&2
  exit 1
fi
echo "newcomer: ${#overlays[@]} overlays and a page after $count commands"
