#!/bin/sh
# agent-boot: the first process of every agent's container. Fetches the agent's configuration from the API, puts
# the workspace files in place and hands over to the gateway by exec.
#
# agent-boot reload, beside a gateway that runs: fetches the configuration anew, puts it in place in one step, and
# ends once the gateway has taken it (openclaw.json is hot-reloaded, SOUL.md is read at every turn). May be repeated.
#
# Runs inside stock images as an unprivileged user on a read-only root, with dash or busybox, so: POSIX sh, few
# processes, nothing but what such images have (curl, or busybox, or node; tar; coreutils or busybox).
#
# Environment: MOSAIC_API_URL, AGENT_KIND (user | system), AGENT_ID, AGENT_TOKEN (hex).
# For tests: MOSAIC_BOOT_FOLDER, MOSAIC_WORKSPACE, OPENCLAW_STATE_DIR, MOSAIC_BOOT_LIMIT_S, MOSAIC_STATE_LIMIT_S,
# MOSAIC_TAKEN_LIMIT_S.
# Exit codes: 73 nothing can be written, 75 no configuration within the limit (try later), 76 the gateway did not take
# a new configuration (reload only), 77 somebody else holds the state, or the right to reload (try later), 78 the API
# has nothing for us, 79 the image lacks a program (both: do not try again until something changes). After exec: the
# gateway's own.
#
# The token never appears in the arguments of a process: everybody on the host may read those.
set -eu
umask 077

folder=${MOSAIC_BOOT_FOLDER:-/tmp/mosaic}
workspace=${MOSAIC_WORKSPACE:-/home/node/workspace}
state=${OPENCLAW_STATE_DIR:-/home/node/.openclaw}
mode=${1:-boot}
limit_s=${MOSAIC_BOOT_LIMIT_S:-60}
state_limit_s=${MOSAIC_STATE_LIMIT_S:-20}
taken_limit_s=${MOSAIC_TAKEN_LIMIT_S:-10}
archive=$folder/config.tar
request_limit_s=20
connect_limit_s=3

give_up() {
  printf 'agent-boot: %s\n' "$2" >&2
  exit "$1"
}

check_environment() {
  for name in MOSAIC_API_URL AGENT_KIND AGENT_ID AGENT_TOKEN; do
    eval "[ -n \"\${$name:-}\" ]" || give_up 78 "$name is not set: this container was not made by Mosaic Fleet"
  done
  # It is written into request headers and into a curl configuration.
  case $AGENT_TOKEN in
    *[!A-Za-z0-9._~+/=-]*) give_up 78 "AGENT_TOKEN has characters that no token has" ;;
  esac
  url=${MOSAIC_API_URL%/}/api/internal/agent-config/$AGENT_KIND/$AGENT_ID
}

# try_lock FILE: whether descriptor 9 of this shell now holds FILE. Opened anew each time, since the file that was there
# may have been removed meanwhile; for reading and writing, as shared file systems want it, and never cut short.
try_lock() {
  exec 9<>"$1"
  flock -n 9 && return
  refusal=$?
  [ "$refusal" -eq 1 ] || give_up 73 "$1 cannot be locked: flock ended with $refusal (does its file system have locks?)"
  return 1
}

# hold FILE LIMIT_S USE: until descriptor 9 holds FILE; says at once and every five seconds whom it waits for.
hold() {
  command -v flock >/dev/null || give_up 79 "the image has no flock: nothing would keep two containers from one state"
  # An agent may have put anything there. A lock is on a file, so whoever holds one holds none of these.
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then rm -rf "$1"; fi
  (: >>"$1") 2>/dev/null || give_up 73 "$1 cannot be written: check the volume's owner (1000:1000) and the disk"
  looks=0
  until try_lock "$1"; do
    holder=$(head -c 200 "$1") || holder=
    case $holder in '' | *[!A-Za-z0-9:.\(\)\ -]*) holder='another process' ;; esac
    [ "$looks" -lt $(($2 * 2)) ] || give_up 77 "$holder still $3: gave up after $2 s ($1 is held)"
    [ $((looks % 10)) -gt 0 ] ||
      printf 'agent-boot: %s %s; waiting for it, %s s at most\n' "$holder" "$3" $(($2 - looks / 2)) >&2
    looks=$((looks + 1))
    sleep 0.5
  done
  # For whoever waits. A disk that is too full for it changes nothing about the lock.
  { printf '%s since %s\n' "$(own_name)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$1"; } 2>/dev/null || :
}

# "container 0123456789ab (HOST)": engines mount a few of a container's files from a folder of its id. Its host name
# alone says little, since all containers of one owner have the same.
own_name() {
  container=process
  while read -r _ _ _ source _; do
    case $source in */containers/*/hostname)
      source=${source%/hostname}
      source=${source%/userdata}
      container=$(printf 'container %.12s' "${source##*/}")
      ;;
    esac
  done </proc/self/mountinfo
  read -r host </proc/sys/kernel/hostname
  printf '%s (%s)' "$container" "$host"
}

# Two gateways must never write one state volume, whatever an engine does. The lock belongs to the open file that this
# shell, and by exec the gateway, has as descriptor 9, and that no other program of the boot is given: it is gone the
# moment that this process is, however it ends, and stays while it is frozen.
lock_state() {
  [ -d "$state" ] || give_up 73 "$state is not there: no state volume is mounted"
  hold "$state/.mosaic-lock" "$state_limit_s" "uses this agent's state"
}

# Each fetch_with_* leaves the body in $archive and the HTTP status in $status; 000: no whole answer.
fetch_with_curl() {
  status=$(curl -q --silent --noproxy '*' --proto '=http,https' --max-time "$request_limit_s" \
    --connect-timeout "$connect_limit_s" --max-filesize 8388608 --output "$archive" --write-out '%{http_code}' \
    --config - "$url" <<CONFIG
header = "Authorization: Bearer $AGENT_TOKEN"
header = "Accept: application/x-tar"
CONFIG
  ) || status=000
}

# Plain busybox: its wget takes headers as arguments only, so the request is written by hand.
fetch_with_busybox() {
  rest=${url#http://}
  authority=${rest%%/*}
  case $authority in
    *:*) port=${authority##*:} ;;
    *) port=80 ;;
  esac
  printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: application/x-tar\r\nConnection: close\r\n\r\n' \
    "${rest#*/}" "$authority" "$AGENT_TOKEN" |
    busybox timeout "$request_limit_s" busybox nc -w "$connect_limit_s" "${authority%:*}" "$port" \
      >"$folder/answer" 2>/dev/null || true
  status=000
  return_character=$(printf '\r')
  {
    # read takes single bytes, so that the body begins where the header ended.
    if IFS=' ' read -r version code _; then
      case $version in HTTP/1.*) status=$code ;; esac
    fi
    length=none
    while IFS= read -r line && line=${line%"$return_character"} && [ -n "$line" ]; do
      case $line in [Cc]ontent-[Ll]ength:*) length=${line##*[: ]} ;; esac
    done
    cat >"$archive"
  } <"$folder/answer"
  # busybox tar takes half an archive for a whole one.
  [ "$status" != 200 ] || [ "$(busybox wc -c <"$archive")" = "$length" ] || status=000
}

fetch_with_node() {
  # shellcheck disable=SC2016  # the text is JavaScript
  status=$(node -e '
    const [url, file, seconds] = process.argv.slice(1);
    const headers = { authorization: `Bearer ${process.env.AGENT_TOKEN}`, accept: "application/x-tar" };
    const signal = AbortSignal.timeout(Number(seconds) * 1000);
    fetch(url, { headers, signal, redirect: "manual" })
      .then(async (answer) => {
        require("fs").writeFileSync(file, Buffer.from(await answer.arrayBuffer()), { mode: 0o600 });
        return answer.status;
      })
      .catch(() => "000")
      .then((status) => process.stdout.write(String(status)));
  ' "$url" "$archive" "$request_limit_s" 2>/dev/null) || status=000
}

choose_fetcher() {
  if command -v curl >/dev/null; then
    fetcher=fetch_with_curl
  elif [ "${url#http://}" != "$url" ] && command -v busybox >/dev/null; then
    fetcher=fetch_with_busybox
  elif command -v node >/dev/null; then
    fetcher=fetch_with_node
  else
    give_up 79 "the image has neither curl nor busybox nor node: the configuration cannot be fetched"
  fi
}

unpack() { tar -xof "$archive" -C "$folder" 2>/dev/null && [ -s "$folder/openclaw.json" ]; }

# pause N: waits longer before each try, but never long: an API restart takes a second or two.
pause() {
  case $1 in
    1) sleep 0.1 ;;
    2) sleep 0.2 ;;
    3) sleep 0.4 ;;
    4) sleep 0.8 ;;
    *) sleep 1.5 ;;
  esac
}

fetch_configuration() {
  choose_fetcher
  failures=0
  while :; do
    "$fetcher"
    case $status in
      200) if unpack; then return; fi ;;
      400 | 401 | 403 | 404 | 410)
        give_up 78 "the API has no configuration for $AGENT_KIND agent $AGENT_ID with this token (status $status)"
        ;;
    esac
    failures=$((failures + 1))
    now=$(date +%s)
    [ "$failures" -gt 1 ] || {
      began=$now
      printf 'agent-boot: no configuration from %s yet (status %s); trying for %s s\n' "$MOSAIC_API_URL" "$status" \
        "$limit_s" >&2
    }
    [ $((now - began)) -lt "$limit_s" ] ||
      give_up 75 "the API at $MOSAIC_API_URL gave no configuration for $limit_s s (last status $status)"
    pause "$failures"
  done
}

# install_file NAME: into the workspace in one step, whatever the agent has put in its place.
install_file() {
  [ -f "$folder/workspace/$1" ] || return 0
  fresh=$workspace/.$1.mosaic
  if [ -d "$workspace/$1" ]; then rm -rf "${workspace:?}/$1"; fi
  if [ -d "$fresh" ] || [ -L "$fresh" ]; then rm -rf "$fresh"; fi
  { cp "$folder/workspace/$1" "$fresh" && mv -f "$fresh" "$workspace/$1"; } ||
    give_up 73 "$workspace cannot be written: check the workspace volume's owner (1000:1000) and the disk"
}

# The personality is the platform's and always renewed; the other two belong to the agent once they are there.
fill_workspace() {
  install_file SOUL.md
  for name in AGENTS.md IDENTITY.md; do
    if [ ! -e "$workspace/$name" ] && [ ! -L "$workspace/$name" ]; then install_file "$name"; fi
  done
}

# same_text FILE FILE: without a program that slim images may lack.
same_text() { [ -f "$1" ] && [ -f "$2" ] && [ "$(cat "$1")" = "$(cat "$2")" ]; }

# The gateway keeps a copy of each configuration that it took while running, in the same bytes: that is how one sees
# from outside that it has.
await_gateway() {
  waited=0
  until same_text "$1" "$1.last-good"; do
    waited=$((waited + 1))
    [ "$waited" -le $((taken_limit_s * 10)) ] ||
      give_up 76 "the gateway did not take its new configuration within $taken_limit_s s"
    sleep 0.1
  done
}

# Everything is unpacked beside the file that the gateway watches, and renamed onto it. One at a time, so that what
# was fetched earlier never replaces what was fetched later.
reload_configuration() {
  running=$folder
  [ -f "$running/openclaw.json" ] || give_up 76 "there is no gateway with a configuration to renew"
  limit_s=${MOSAIC_BOOT_LIMIT_S:-5}
  request_limit_s=5
  hold "$running/.reload-lock" $((limit_s * 3)) "reloads this agent"
  folder=$running/.reload-$$
  archive=$folder/config.tar
  trap 'rm -rf "$folder"' EXIT
  mkdir -p "$folder" || give_up 73 "$folder cannot be made: /tmp is full"
  fetch_configuration 9>&-
  install_file SOUL.md
  # The one that it booted with, and no other has been put in place since: there is nothing to take.
  if [ ! -e "$running/.reloaded" ] && same_text "$folder/openclaw.json" "$running/openclaw.json"; then
    return
  fi
  # Copied, for a time of change of its own: in the archive all have the same, and the gateway's watcher goes by it.
  { : >"$running/.reloaded" && cp "$folder/openclaw.json" "$folder/fresh.json" && mv -f "$folder/fresh.json" "$running/openclaw.json"; } ||
    give_up 73 "$running cannot be written"
  await_gateway "$running/openclaw.json"
}

check_environment
if [ "$mode" = reload ]; then
  reload_configuration
  exit 0
fi
[ -d "$folder" ] || mkdir -p "$folder" || give_up 73 "$folder cannot be made: /tmp is not writable"
lock_state
{
  fetch_configuration
  rm -f "$archive" "$folder/answer"
  fill_workspace
} 9>&-

export OPENCLAW_CONFIG_PATH="$folder/openclaw.json"
export OPENCLAW_GATEWAY_TOKEN="$AGENT_TOKEN"
unset AGENT_TOKEN
exec openclaw gateway run --bind lan --auth token
