# shellcheck shell=bash
# ./dev up and ./dev down: Mosaic on this machine's own Docker engine. Sourced by ./dev.
#
# Files in the data folder: dev.pid (process id and start time of a detached Mosaic), mosaic.log,
# engine.started (how up started an engine: systemd, or a process id and its start time), dockerd.log.

data_folder() {
  if [ "$(id -u)" = 0 ]; then echo /var/lib/mosaic; else echo "${XDG_DATA_HOME:-$HOME/.local/share}/mosaic-fleet"; fi
}

# option NAME DEFAULT ARGS...: the value of --NAME VALUE or --NAME=VALUE among ARGS.
option() {
  local name=$1 value=$2
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      "--$name") value=${2:-}; [ $# -lt 2 ] || shift ;;
      "--$name="*) value=${1#*=} ;;
    esac
    shift
  done
  echo "$value"
}

# identity PROCESS: "process id, start time", because process ids are used again.
identity() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086  # the words after the command's name
  set -- "$1" ${stat##*) }
  echo "$1 ${21}"
}

# runs FILE: whether the process that FILE identifies still lives; prints its id.
runs() {
  local process start
  { read -r process start <"$1"; } 2>/dev/null || return 1
  [ "$(identity "$process" 2>/dev/null)" = "$process $start" ] && echo "$process"
}

engine_answers_at() { DOCKER_HOST=$1 timeout 5 docker version; }

# find_engine: prints the address of an engine that answers; starts one only when none was named.
find_engine() {
  local url=$1 error
  if error=$(engine_answers_at "$url" 2>&1 >/dev/null); then
    echo "$url"
    return
  fi
  case $error in
    *'permission denied'*)
      fail "the engine at $url does not let you in. Either run as root, or: sudo usermod -aG docker $(id -un), then sign in again"
      ;;
  esac
  [ "$url" = unix:///var/run/docker.sock ] || fail "no Docker engine answers at $url (from DOCKER_HOST or --engine): ${error##*$'\n'}"
  [ "$(id -u)" = 0 ] || fail "no Docker engine answers at $url, and starting one needs root. Run: sudo ./dev up, or start it yourself"
  start_engine_service "$url"
  echo "$url"
}

start_engine_service() {
  local url=$1
  say "no Docker engine answers; starting one"
  if [ -d /run/systemd/system ]; then
    systemctl start docker >/dev/null 2>&1 && wait_until 30 engine_answers_at "$url" && echo systemd >"$data/engine.started" && return
  fi
  setsid dockerd </dev/null >>"$data/dockerd.log" 2>&1 &
  identity "$!" >"$data/engine.started"
  wait_until 60 engine_answers_at "$url" || {
    tail -n 15 "$data/dockerd.log" >&2
    fail "dockerd does not come up (whole log: $data/dockerd.log)"
  }
}

has_image() { DOCKER_HOST=$1 docker image inspect "$2" >/dev/null 2>&1; }

# choose_agent_image ENGINE: an image that is there, else one that we build, else none (mosaic pulls its default).
choose_agent_image() {
  local image
  for image in mosaic/openclaw:local alpine/openclaw:latest; do
    if has_image "$1" "$image"; then
      echo "$image"
      return
    fi
  done
  [ "$(id -u)" = 0 ] || { say "no agent image yet; mosaic pulls one (building it here needs root)"; return; }
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_image
  "$repository/images/build-agent-image" --engine "$1" >&2
  echo mosaic/openclaw:local
}

ready_at() { curl --silent --fail --max-time 2 --output /dev/null "$1/readyz"; }

up_command() {
  local detach=0 args=() engine image process
  while [ $# -gt 0 ]; do
    case $1 in
      --detach | -d) detach=1 ;;
      *) args+=("$1") ;;
    esac
    shift
  done
  data=$(option data-dir "${MOSAIC_DATA_DIR:-$(data_folder)}" "${args[@]}")
  mkdir -p "$data"
  data=$(readlink -f "$data")
  if process=$(runs "$data/dev.pid"); then fail "Mosaic is up already (process $process); end it with: ./dev down"; fi
  # shellcheck disable=SC2086  # tables of words
  install_packages $packages_build $packages_engine $packages_postgres
  build_web >&2
  compile release mosaic >&2
  engine=$(find_engine "$(option engine "${DOCKER_HOST:-unix:///var/run/docker.sock}" "${args[@]}")")
  image=$(option agent-image "${MOSAIC_AGENT_IMAGE:-}" "${args[@]}")
  if [ -z "$image" ]; then
    image=$(choose_agent_image "$engine")
    [ -z "$image" ] || args+=(--agent-image "$image")
  fi
  [ -n "$(option engine "" "${args[@]}")" ] || args+=(--engine "$engine")
  [ -n "$(option data-dir "" "${args[@]}")" ] || args+=(--data-dir "$data")
  [ "$detach" = 1 ] || exec "$repository/build/release/cli/mosaic" up "${args[@]}"
  up_detached "${args[@]}"
}

# service_address ARGS...: where `mosaic up` will answer, by its --listen.
service_address() {
  local listen host
  listen=$(option listen "${MOSAIC_LISTEN:-127.0.0.1:8080}" "$@")
  host=${listen%:*}
  case $host in '' | 0.0.0.0 | '[::]') host=127.0.0.1 ;; esac
  echo "http://$host:${listen##*:}"
}

up_detached() {
  local address process started
  address=$(service_address "$@")
  started=$(now_ms)
  (umask 077 && : >"$data/mosaic.out")
  setsid "$repository/build/release/cli/mosaic" up "$@" </dev/null >"$data/mosaic.out" 2>>"$data/mosaic.log" &
  process=$!
  identity "$process" >"$data/dev.pid" || true
  settled() { ready_at "$address" || ! runs "$data/dev.pid"; }
  wait_until 120 settled || true
  if ! runs "$data/dev.pid" >/dev/null; then
    tail -n 15 "$data/mosaic.log" >&2
    fail "Mosaic did not stay up (whole log: $data/mosaic.log)"
  fi
  ready_at "$address" || fail "Mosaic runs (process $process) but is not ready after 120 s; see $address/readyz and $data/mosaic.log"
  announced() { grep -qs '^Ctrl-C' "$data/mosaic.out"; }
  wait_until 10 announced || true
  # What it says is for whoever started it: the one-time set-up token stands in it, so it is shown once and not kept.
  sed '/^Ctrl-C/d' "$data/mosaic.out"
  : >"$data/mosaic.out"
  say "ready after $(seconds_since "$started") s; log: $data/mosaic.log; end it with: ./dev down"
  echo "$address"
}

down_command() {
  local process
  data=$(option data-dir "${MOSAIC_DATA_DIR:-$(data_folder)}" "$@")
  if process=$(runs "$data/dev.pid"); then
    gone() { ! runs "$data/dev.pid"; }
    kill -TERM "$process"
    wait_until 60 gone || fail "Mosaic (process $process) does not end; see $data/mosaic.log"
    say "Mosaic has ended; agents and data stay as they are"
  else
    say "Mosaic is not up"
  fi
  rm -f "$data/dev.pid"
  case " $* " in *' --engine '*) stop_own_engine ;; esac
}

# stop_own_engine: only one that up started.
stop_own_engine() {
  local process
  if [ "$(cat "$data/engine.started" 2>/dev/null)" = systemd ]; then
    systemctl stop docker
  elif process=$(runs "$data/engine.started"); then
    engine_gone() { ! runs "$data/engine.started"; }
    kill -TERM "$process"
    wait_until 90 engine_gone || fail "dockerd (process $process) does not end; see $data/dockerd.log"
  else
    say "up started no engine that still runs"
    return
  fi
  rm -f "$data/engine.started"
  say "the engine that up started has ended"
}
