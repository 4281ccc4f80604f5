# shellcheck shell=bash
# Local container images as files, without a registry and without an engine. Sourced; functions only.
#
# An image is built into a folder, packed into a tar that `docker load` reads, and kept in the cache
# folder under a name that carries a hash of everything it was made from. Packing is reproducible as
# far as the contents are: the image's id is the hash of its configuration, which names the layer's hash.

repository=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
# shellcheck source=environment/messages.sh
. "$repository/environment/messages.sh"

kept_unused_days=2
image_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mosaic-fleet/images

# hash_of WORD... -- FILE...: 16 hex digits over words and the files' contents.
hash_of() {
  local words=()
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  { printf '%s\n' "${words[@]}"; cat "$@"; } | sha256sum | cut -c1-16
}

# debian_mirror SUITE: the address that apt itself uses for it.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk -v suite="$1" '$2 == suite {print $1; exit}'
}

# unpack_debian_package PACKAGE FOLDER: its files, without installing it on this machine.
unpack_debian_package() {
  local fetched
  fetched=$(mktemp -d)
  chmod 755 "$fetched"
  (cd "$fetched" && apt-get -qq -o APT::Sandbox::User=root download "$1") ||
    fail "cannot fetch the Debian package $1 (is apt's list fresh? apt-get update)"
  dpkg-deb -x "$fetched"/*.deb "$2"
  rm -rf "$fetched"
}

# pack_image WORK_FOLDER ROOT_FOLDER TAR NAME RUN_CONFIGURATION_JSON
pack_image() {
  local stage=$1/pack root=$2 tar=$3 name=$4 configuration=$5 layer id
  mkdir "$stage"
  tar --create --sort=name --numeric-owner --mtime=@0 --directory "$root" --file "$stage/layer.tar" .
  layer=$(sha256sum "$stage/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}' \
    "$(dpkg --print-architecture)" "$configuration" "$layer" >"$stage/configuration"
  id=$(sha256sum "$stage/configuration" | cut -d' ' -f1)
  mv "$stage/configuration" "$stage/$id.json"
  printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$id" "$name" >"$stage/manifest.json"
  tar --create --directory "$stage" --file "$stage/image.tar" manifest.json "$id.json" layer.tar
  printf 'sha256:%s\n' "$id" >"$tar.id"
  # In two steps, because the work folder may be on another file system.
  mv "$stage/image.tar" "$tar.draft"
  mv "$tar.draft" "$tar"
}

# load_image ENGINE TAR NAME TAG: into the engine, unless exactly this image is there already.
load_image() {
  local engine=$1 tar=$2 name=$3 tag=$4 id
  id=$(cat "$tar.id")
  if [ "$(DOCKER_HOST=$engine docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null)" = "$id" ]; then return; fi
  DOCKER_HOST=$engine docker load --quiet --input "$tar" >/dev/null || fail "the engine at $engine did not take the image $tag"
  [ "$tag" = "$name" ] || DOCKER_HOST=$engine docker tag "$id" "$tag"
}

# mark_used TAR: forget_unused spares it for the days to come.
mark_used() { touch --no-create "$1" "$1.id"; }

# forget_unused PREFIX: removes cached files that nothing has used for days. Never by whether they are of this checkout's
# version: another checkout beside this one, which has another, may be about to load its own.
forget_unused() { find "$image_cache" -maxdepth 1 -name "$1-*.tar*" -mmin "+$((kept_unused_days * 24 * 60))" -delete; }
