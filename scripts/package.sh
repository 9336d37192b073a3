#!/usr/bin/env bash
# Builds the Debian packages of this distribution into build/packages: genvm-modules, genvm-modules-browser and their -dbgsym.
#   GVM_PACKAGE_BUILD=DIR   a finished release build to pack, in place of building build/release
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dpkg-shlibdeps >/dev/null || { echo "package: dpkg-shlibdeps is missing: install dpkg-dev" >&2; exit 1; }
build=${GVM_PACKAGE_BUILD:-build/release}
mkdir -p build/packages
log=build/packages/cmake.log
if [ -z "${GVM_PACKAGE_BUILD:-}" ]; then
  cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr >"$log" 2>&1 || { tail -30 "$log"; exit 1; }
  cmake --build --preset release --parallel "${JOBS:-$(nproc)}"
else
  cmake -DCMAKE_INSTALL_PREFIX=/usr "$build" >"$log" 2>&1 || { tail -30 "$log"; exit 1; }
fi
rm -f build/packages/*.deb build/packages/*.ddeb
# umask: the folders of a package must be readable whoever packs.
(umask 022 && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$PWD/build/packages") >>"$log" 2>&1 || { tail -30 "$log"; exit 1; }
rm -rf build/packages/_CPack_Packages
# CPack names them .ddeb, as Ubuntu does; apt installs .deb only.
for symbols in build/packages/*.ddeb; do
  if [ -e "$symbols" ]; then mv "$symbols" "${symbols%.ddeb}.deb"; fi
done
ls -1 build/packages/*.deb
