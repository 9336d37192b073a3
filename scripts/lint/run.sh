#!/usr/bin/env bash
# Everything `make lint` checks. Each part says what it found; the exit code is 1 when any did.
# clang-tidy needs a configured build (build/clang) for its compile commands.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
failed=0
run() { echo "lint: $1"; shift; "$@" || failed=1; }

mapfile -t sources < <(git ls-files 'src/*.cpp' 'src/*.h' 'apps/*.cpp' 'apps/*.h' 'tests/*.cpp' 'tests/*.h' 'bench/*.cpp' 'bench/*.h' 'fuzz/*.cpp')
mapfile -t shells < <(git ls-files '*.sh' .ci/run)
run "layers itself" scripts/lint/layers.py --self-test
run "layers" scripts/lint/layers.py
run "co_await" scripts/lint/co_await.py
run "words" scripts/lint/words.sh
run "executable" scripts/lint/executable.sh
run "links itself" scripts/lint/links.py --self-test
run "links" scripts/lint/links.py
run "named tests" scripts/lint/named_tests.py
run "clang-format" clang-format-19 --dry-run -Werror "${sources[@]}"
run "shellcheck" shellcheck "${shells[@]}"
run "clang-tidy itself" scripts/lint/tidy.py --self-test
run "clang-tidy" scripts/lint/tidy.py
exit $failed
