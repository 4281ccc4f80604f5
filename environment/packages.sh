# shellcheck shell=bash
# Debian packages of ./dev. Sourced; functions and tables only.
#
# A line of a table is a package, or package:command when a command that is there already, from
# wherever it came, makes the package needless (an engine or a Node of the user's own stays untouched).

packages_build='g++ cmake ninja-build ccache mold pkg-config libboost1.81-dev libpqxx-dev libpq-dev
  libyaml-cpp-dev libssl-dev nlohmann-json3-dev prometheus-cpp-dev libspdlog-dev libcli11-dev
  libcrypt-dev libgtest-dev libgmock-dev libbenchmark-dev patch:patch'
packages_engine='docker.io:dockerd docker.io:docker iptables:iptables iproute2:ip ca-certificates
  procps:ps curl:curl'
packages_postgres='postgresql-15 postgresql-client-15'
packages_image='nodejs:node npm:npm xz-utils:xz gpgv:gpgv wget:wget'
packages_test='chromium:chromium prometheus:promtool openssl:openssl busybox-static:busybox curl:curl jq:jq
  golang-go:go golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev'
packages_bench='nginx-light:nginx wrk:wrk util-linux:taskset nodejs:node npm:npm'
packages_newcomer='debootstrap:debootstrap'
packages_fuzz='clang-14:clang++-14 libclang-rt-14-dev llvm-14:llvm-symbolizer-14'
packages_lint='clang-format:clang-format clang-tidy:clang-tidy shellcheck:shellcheck git:git'

# missing_packages WORD...: those that are neither installed nor covered by a command; each once.
missing_packages() {
  local entry package command status
  for entry in "$@"; do
    package=${entry%%:*}
    command=${entry#"$package"}
    command=${command#:}
    if [ -n "$command" ] && type -P "$command" >/dev/null; then continue; fi
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || echo "$package"
  done | sort -u
}

# Files that keep package installation from starting services on this machine, and from creating a
# Postgres cluster on port 5432. Marked, so that those of a killed run are recognised and removed.
service_policy=/usr/sbin/policy-rc.d
cluster_policy=/etc/postgresql-common/createcluster.d/mosaic-fleet.conf
policy_mark='# mosaic-fleet: only while ./dev installs packages'

hold_services() {
  if [ ! -e "$service_policy" ]; then
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$service_policy"
    chmod 755 "$service_policy"
  fi
  mkdir -p "$(dirname "$cluster_policy")"
  printf '%s\ncreate_main_cluster = false\n' "$policy_mark" >"$cluster_policy"
}

release_services() {
  local file
  for file in "$service_policy" "$cluster_policy"; do
    if grep -qsF "$policy_mark" "$file"; then rm -f "$file"; fi
  done
  rmdir --ignore-fail-on-non-empty "$(dirname "$cluster_policy")" "$(dirname "$(dirname "$cluster_policy")")" 2>/dev/null || true
}

# install_packages WORD...: only what is missing; asks nothing; starts nothing.
install_packages() {
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    say "missing Debian packages: ${missing[*]}"
    fail "install them with: sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}"
  fi
  command -v apt-get >/dev/null || fail "this is no Debian (no apt-get); install the counterparts of: ${missing[*]}"
  say "installing: ${missing[*]}"
  trap release_services EXIT
  hold_services
  if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "${missing[@]}"; } >"$log_folder/apt.log" 2>&1; then
    tail -20 "$log_folder/apt.log" >&2
    fail "apt-get failed (whole log: $log_folder/apt.log)"
  fi
  release_services
  trap - EXIT
  hash -r
}
