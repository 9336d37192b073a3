#!/usr/bin/env bash
# Installs the Debian packages into a clean system made by debootstrap, starts the programs of both services there as their users,
# asks them, removes and purges the packages. Root only; everything happens in a folder and in namespaces of its own, and ends.
# Usage: scripts/package_test.sh [FOLDER_OF_PACKAGES]   default build/packages (scripts/package.sh makes them)
# Exits with 77 when it cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(realpath "${1:-build/packages}")
skip() {
  echo "package_test: skipped: $1"
  exit 77
}
[ "$(id -u)" -eq 0 ] || skip "it must run as root."
command -v debootstrap >/dev/null || skip "debootstrap is not installed."
compgen -G "$packages/genvm-modules_*.deb" >/dev/null || skip "there are no packages in $packages: scripts/package.sh makes them."
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$suite" ] || skip "the distribution has no code name."

work=$(mktemp -d /tmp/gvm-package.XXXXXX)
root=$work/root
end() {
  local code=$?
  # What is mounted in the root goes first, so that nothing of this machine can be removed through it.
  cat "$work/pids" "$work/mock_pid" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
  for mount in proc dev; do umount -l "$root/$mount" 2>/dev/null || true; done
  if ! grep -qF " $work" /proc/mounts; then rm -rf --one-file-system "$work"; fi
  exit $code
}
trap end EXIT
say() { printf 'package_test: %s\n' "$*"; }
die() {
  say "FAILED: $*"
  exit 1
}
inside() { timeout 600 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

say "making a clean $suite"
# shellcheck disable=SC2016  # the format is apt's
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -1 || true)
[ -n "$mirror" ] || skip "apt knows no mirror: run apt-get update."
timeout 900 debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
  { tail -5 "$work/debootstrap.log"; skip "debootstrap could not make a system."; }
for file in /etc/apt/apt.conf.d/*; do
  # How this machine reaches its mirror (a proxy, certificates) holds in the root too.
  [ ! -f "$file" ] || ! grep -qiE 'proxy|verify|cainfo' "$file" || cp "$file" "$root/etc/apt/apt.conf.d/"
done
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing may be started by an installation
chmod 755 "$root/usr/sbin/policy-rc.d"

mkdir "$root/packages"
cp "$packages"/*.deb "$root/packages"
say "installing $(cd "$packages" && echo genvm-modules_*.deb genvm-modules-browser_*.deb)"
inside apt-get update -qq >"$work/apt.log" 2>&1 || { tail -5 "$work/apt.log"; skip "the package lists cannot be had."; }
inside sh -c 'apt-get install -y -qq --no-install-recommends /packages/genvm-modules_*.deb /packages/genvm-modules-browser_*.deb' >"$work/apt.log" 2>&1 ||
  { tail -20 "$work/apt.log"; die "the packages cannot be installed"; }

inside getent passwd genvm-llm >/dev/null || die "there is no user genvm-llm"
inside getent passwd genvm-web >/dev/null || die "there is no user genvm-web"
[ "$(stat -c %a "$root/etc/genvm-modules/llm.env")" = 600 ] || die "keys are readable by others"
for page in genvm-modules genvm-llm genvm-web; do
  [ -e "$root/usr/share/man/man1/$page.1.gz" ] || [ -e "$root/usr/share/man/man1/$page.1" ] || die "there is no manual page $page(1)"
done
for file in usr/share/bash-completion/completions/genvm-modules usr/share/zsh/vendor-completions/_genvm-modules lib/systemd/system/genvm-llm.service \
  lib/systemd/system/genvm-web.service usr/lib/genvm-modules/bin/genvm-browser-cell; do
  [ -e "$root/$file" ] || die "there is no /$file"
done
inside genvm-modules check-config /etc/genvm-modules/genvm-module-web.yaml >"$work/check.log" 2>&1 || { cat "$work/check.log"; die "the installed configuration has errors"; }
say "version: $(inside genvm-modules --version)"

# As the units do: their user, their folders, their command line.
start() { # llm|web ARGUMENTS...
  local name=$1
  shift
  inside install -d -m 700 -o "genvm-$name" -g "genvm-$name" "/var/lib/genvm-$name" "/run/genvm-$name"
  local command
  command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/genvm-$name.service")
  # shellcheck disable=SC2086  # the unit's command line is words
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot --userspec="genvm-$name:genvm-$name" "$root" $command "$@" >"$work/$name.log" 2>&1 &
  local pid=$!
  echo "$pid" >>"$work/pids"
  for _ in $(seq 300); do
    grep -q '"message":"ready"' "$work/$name.log" && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/$name.log"
  die "genvm-$name did not start"
}
stop() { # llm|web
  local pid
  pid=$(sed -n "$([ "$1" = llm ] && echo 1 || echo 2)p" "$work/pids")
  kill -TERM "$pid"
  wait "$pid" || die "genvm-$1 ended with $?"
}

# A model on loopback where the mock upstream is at hand; without it the answer is the error that no provider is left.
mock=${GVM_E2E_BIN:-build/release/bin}/genvm-mock-upstream
llm=(--allow-empty-backends)
if [ -x "$mock" ]; then
  "$mock" --port 0 >"$work/mock.log" 2>&1 &
  mock_pid=$!
  echo "$mock_pid" >"$work/mock_pid"
  for _ in $(seq 100); do grep -q '^ready ' "$work/mock.log" && break; sleep 0.1; done
  port=$(sed -n 's/^ready //p' "$work/mock.log")
  cat >>"$root/etc/genvm-modules/genvm-module-llm.yaml.own" <<YAML
bind_address: 127.0.0.1:3031
lua_script_path: /usr/lib/genvm-modules/config/genvm-llm-default.lua
data_dir: /var/lib/genvm-llm
backends: {mock: {host: "http://127.0.0.1:$port", provider: openai-compatible, models: [m]}}
YAML
fi
start llm "${llm[@]}"
say "genvm-llm, with the installed configuration and no keys:"
inside genvm-modules call ws://127.0.0.1:3031 prompt hello >"$work/answer" 2>&1 && die "a prompt was answered without any provider"
grep -q NO_PROVIDER_FOR_PROMPT "$work/answer" || { cat "$work/answer"; die "the LLM module did not answer as it should"; }
say "  a prompt is answered by NO_PROVIDER_FOR_PROMPT"
if [ ! -e "$root/usr/lib/chromium" ]; then
  # The recommended browser is not installed here: the module must say so, and it serves without one when told to.
  (trap - EXIT; start web) >"$work/answer" 2>&1 && die "genvm-web started without a browser"
  grep -q 'install the Debian package chromium' "$work/answer" || { cat "$work/answer"; die "genvm-web does not say which package is missing"; }
  say "genvm-web without a browser names the package that is missing"
  sed -i '$d' "$work/pids" # of the one that has ended
  sed -i 's/^  engine: browser /  engine: http    /' "$root/etc/genvm-modules/genvm-module-web.yaml"
fi
start web
say "genvm-web, with the installed configuration:"
inside genvm-modules call ws://127.0.0.1:3032 request GET http://10.0.0.1/ >"$work/answer" 2>&1 && die "a private address was not refused"
grep -q ADDRESS_FORBIDDEN "$work/answer" || { cat "$work/answer"; die "the web module did not answer as it should"; }
say "  a request to a private address is refused with ADDRESS_FORBIDDEN"
stop web
stop llm
: >"$work/pids"
if [ -n "${mock_pid:-}" ]; then
  cp "$root/etc/genvm-modules/genvm-module-llm.yaml.own" "$root/etc/genvm-modules/genvm-module-llm.yaml"
  rm "$root/etc/genvm-modules/genvm-module-llm.yaml.own"
  start llm
  inside genvm-modules call ws://127.0.0.1:3031 prompt hello >"$work/answer" 2>&1 || { cat "$work/answer"; die "the LLM module did not answer"; }
  grep -q 'answers "hello"' "$work/answer" || { cat "$work/answer"; die "the answer is not the model's"; }
  say "  with a model, a prompt is answered by it"
  stop llm
  kill "$mock_pid"
fi

say "removing"
inside apt-get remove -y -qq genvm-modules genvm-modules-browser >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; die "the packages cannot be removed"; }
[ ! -e "$root/usr/bin/genvm-modules" ] || die "the program is still there"
[ -e "$root/etc/genvm-modules/genvm-module-llm.yaml" ] || die "removing took the configuration"
[ -e "$root/var/lib/genvm-llm" ] || die "removing took the ledger"
inside apt-get purge -y -qq genvm-modules genvm-modules-browser >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; die "the packages cannot be purged"; }
for left in etc/genvm-modules var/lib/genvm-llm var/lib/genvm-web usr/lib/genvm-modules; do
  [ ! -e "$root/$left" ] || die "purging left /$left"
done
inside getent passwd genvm-llm >/dev/null && die "purging left the user genvm-llm"
say "passed: installed, started, asked, removed and purged on $suite"
