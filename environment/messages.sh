# shellcheck shell=bash
# Messages of ./dev and its parts. Sourced; defines functions only.
#
# Everything for people goes to standard error, so that standard output stays usable in pipes.

say() { printf 'dev: %s\n' "$*" >&2; }

fail() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# now_ms: milliseconds since the epoch.
now_ms() {
  local now=${EPOCHREALTIME/[.,]/}
  echo $((now / 1000))
}

# seconds_since START_MS: "12.3"
seconds_since() {
  local spent=$(($(now_ms) - $1))
  printf '%d.%d' $((spent / 1000)) $((spent % 1000 / 100))
}

# wait_until SECONDS COMMAND...: repeats COMMAND until it succeeds; fails when the time is over.
wait_until() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

require_root() {
  [ "$(id -u)" = 0 ] || fail "$1 needs root (namespaces, mounts, a private Docker engine). Run: sudo ./dev $2"
}
