# shellcheck shell=bash
# Programs of this machine's Debian with all that they load, copied into a root folder. Sourced; functions only.

# loaded_files FILE...: the shared libraries and the loader that these programs and libraries need, each once.
loaded_files() {
  ldd "$@" | sed -nE 's/^.* => (\/[^ ]+) \(0x.*/\1/p; s/^[[:space:]]*(\/[^ ]+) \(0x.*/\1/p' | sort -u
}

# copy_linked ROOT FILE...: the files and what they load, at the same paths, links followed.
copy_linked() {
  local root=$1 file
  shift
  { printf '%s\n' "$@"; loaded_files "$@"; } | while read -r file; do
    install -D -m "$(stat --dereference --format %a "$file")" "$file" "$root$file"
  done
}

# base_folders ROOT USER ID: what every program expects of a system, and one user.
base_folders() {
  local root=$1 user=$2 id=$3
  mkdir -p "$root"/{etc/ssl/certs,usr/lib/ssl,proc,sys,dev,run,var/lib}
  chmod 755 "$root"
  install -d -m 1777 "$root/tmp"
  printf 'root:x:0:0:root:/root:/sbin/nologin\n%s:x:%s:%s:%s:/:/sbin/nologin\n' "$user" "$id" "$id" "$user" >"$root/etc/passwd"
  printf 'root:x:0:\n%s:x:%s:\n' "$user" "$id" >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  # Debian's list and not this machine's, which may trust authorities of its own.
  cat /usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  chmod 644 "$root/etc/ssl/certs/ca-certificates.crt"
  ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
}
