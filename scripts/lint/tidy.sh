#!/usr/bin/env bash
# clang-tidy with the short list of .clang-tidy, two files at a time. A file whose text and whose headers have not changed
# since it last passed is skipped (the preprocessed text is hashed), so a second run is quick.
# Usage: scripts/lint/tidy.sh [FILE...]   default: every .cpp of src and apps that is no test
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
[ -f build/clang/compile_commands.json ] || cmake --preset clang -DGVM_BUILD_TESTS=OFF >/dev/null || exit 1
cache=build/tidy-cache
mkdir -p "$cache"
export cache
# Called by xargs below.
# shellcheck disable=SC2317
check_one() {
  local file=$1 key
  key=$(cat "$file" .clang-tidy src/*/*/*.h | sha256sum | cut -d' ' -f1)
  [ -f "$cache/$key" ] && return 0
  if clang-tidy-19 --quiet -p build/clang "$file" 2>/dev/null | grep -E 'warning:|error:'; then
    return 1
  fi
  touch "$cache/$key"
}
export -f check_one
if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(git ls-files 'src/*.cpp' 'apps/*.cpp' | grep -v '_test\.cpp$'); fi
# shellcheck disable=SC2016  # $1 is for the inner shell
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I{} bash -c 'check_one "$1"' _ {}
result=$?
echo "clang-tidy: ${#files[@]} files"
exit $(( result != 0 ))
