#!/usr/bin/env bash
# Builds the project and runs its unit tests in a Debian 13 made by debootstrap, from the mirror that apt is configured
# with. Needs root; elsewhere it says so and ends. The root and its compile cache stay in build/portability for the next
# run (GVM_PORTABILITY_ROOT: another folder). Usage: scripts/portability.sh
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "portability: skipped, because a Debian root can be made by root only"
  exit 0
fi
root=${GVM_PORTABILITY_ROOT:-$PWD/build/portability/debian-13}
mkdir -p "$root"
root=$(cd "$root" && pwd)

mounted=()
mount_at() {
  local target=$1
  shift
  mkdir -p "$target"
  mount "$@" "$target"
  mounted=("$target" "${mounted[@]}")
}
unmount_all() {
  for target in "${mounted[@]}"; do umount "$target" || true; done
}
trap unmount_all EXIT

if [ ! -x "$root/usr/bin/apt-get" ]; then
  command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
  # shellcheck disable=SC2016  # the format is apt's
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -1)
  echo "portability: making a Debian 13 (log: $root.log)"
  debootstrap --variant=minbase trixie "$root" "$mirror" >"$root.log" 2>&1
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount_at "$root/proc" -t proc proc
mount_at "$root/dev" --bind /dev
mount_at "$root/source" --bind "$PWD"

# The unit tests need neither a browser nor clang.
mapfile -t packages < <(scripts/packages.sh debian-13 | grep -Ev '^(chromium|clang|libclang|lld|shellcheck)')
echo "portability: installing ${#packages[@]} packages"
mkdir -p "$root/etc/postgresql-common/createcluster.d"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/genvm.conf"
chroot "$root" apt-get update -qq
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >>"$root.log" 2>&1

# GVM_PINNED_CACHE: pip is not needed in there when the host has fetched the pinned sources.
pinned=${GVM_PINNED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/genvm-modules/pinned}
mkdir -p "$pinned"
mount_at "$root/pinned" --bind "$pinned"
# shellcheck disable=SC2016  # for the inner shell
chroot "$root" env CCACHE_DIR=/ccache GVM_PINNED_CACHE=/pinned JOBS="${JOBS:-$(nproc)}" bash -euo pipefail -c '
  g++ --version | head -1
  cmake --version | head -1
  cmake -G Ninja -S /source -B /build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O0 -g0" >/build.log 2>&1 || { tail -30 /build.log; exit 1; }
  cmake --build /build --target unit_tests --parallel "$JOBS"
  failed=0
  for program in /build/bin/*_test; do
    name=$(basename "$program")
    [ "$name" = browser_test ] && { echo "portability: $name skipped, as it needs a browser"; continue; }
    if "$program" >"/$name.log" 2>&1; then
      echo "portability: $name $(grep -E "^\[  PASSED  \]" "/$name.log")"
    else
      echo "portability: $name FAILED"; grep -E "^\[  FAILED  \]|Failure" "/$name.log" | head -20; failed=1
    fi
  done
  exit $failed'
