# shellcheck shell=bash
# What a little machine made of namespaces is: mounts, host name, cgroups and a private Docker engine. The sandbox is
# one (environment/sandbox-init), each node of a Swarm in it is another (environment/swarm-node). Sourced by their first
# processes; defines functions only, and needs environment/messages.sh.

# prepare_machine FOLDER HOSTNAME: /sys, /run and /proc of its own, in the namespaces of the caller; nobody to ask for names.
prepare_machine() {
  local folder=$1
  # A /sys of our own network namespace, with the machine's cgroups under it.
  mkdir -p "$folder/cgroup"
  mount --rbind /sys/fs/cgroup "$folder/cgroup"
  mount -t sysfs sysfs /sys
  mount --rbind "$folder/cgroup" /sys/fs/cgroup
  umount -l "$folder/cgroup"
  rmdir "$folder/cgroup"
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/lock
  if [ -f /etc/resolv.conf ] && [ ! -L /etc/resolv.conf ]; then
    # Nobody listens there: a look-up fails at once instead of after a timeout.
    echo "nameserver 127.0.0.1" >"$folder/resolv.conf"
    mount --bind "$folder/resolv.conf" /etc/resolv.conf
  fi
  mount -t proc proc /proc
  echo "$2" >/proc/sys/kernel/hostname
  ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"
}

engine_process=

# start_engine FOLDER CGROUP: in the background, unless it runs; its files are FOLDER/docker*.
start_engine() {
  # A return without a number would hand on the status of the command that the signal interrupted, and end us by it.
  if [ -n "$engine_process" ] && kill -0 "$engine_process" 2>/dev/null; then return 0; fi
  rm -f "$1/docker.pid" "$1/docker.sock"
  # The signing key, and with it the engine's id, would else be shared with the host's.
  printf '{"deprecated-key-path": "%s"}\n' "$1/docker-key.json" >"$1/dockerd.json"
  setsid dockerd --config-file "$1/dockerd.json" --data-root "$1/docker" --exec-root /run/docker \
    --pidfile "$1/docker.pid" --host "unix://$1/docker.sock" --host unix:///run/docker.sock \
    --storage-driver overlay2 --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$2" \
    </dev/null >>"$1/dockerd.log" 2>&1 &
  engine_process=$!
}

engine_answers() { DOCKER_HOST=unix://$1/docker.sock docker version; }

# clone_image_store SEED FOLDER: gives the engine of FOLDER, before its first start, the images that SEED keeps. By hard
# links, so both must be named through one mount. Without them images are loaded instead: that only takes longer.
clone_image_store() {
  [ -n "$1" ] && [ -d "$1" ] || return 0
  mkdir "$2/docker"
  chmod 711 "$2/docker"
  if ! { cp --archive --link "$1/overlay2" "$2/docker/overlay2" &&
    cp --archive "$1/image" "$2/docker/image"; } 2>/dev/null; then
    rm -rf --one-file-system "$2/docker" # another run just replaced it
  fi
}

# remove_cgroup NAME: of a machine that is dead, in each hierarchy (v1 has several, v2 has one).
remove_cgroup() {
  local top=${1%%/*} below=${1#"${1%%/*}"} folder
  while read -r folder; do
    [ -d "$folder$below" ] || continue
    find "$folder$below" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done < <(find /sys/fs/cgroup -maxdepth 2 -type d -name "$top" 2>/dev/null || true)
}
