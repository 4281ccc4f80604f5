# shellcheck shell=bash
# What the scripts of small images have in common. Sourced after images/image-cache.sh; functions only.

# provide_image PREFIX NAME KEY [--engine URL] [--tag NAME] [--save FILE] [--cached-only | --from-cache]: the whole of a script for a
# small image. Calls build, which the script defines: it packs $work's image into $tar as $name. FILE becomes a tar for
# docker load.
provide_image() {
  local prefix=$1 key=$3 engine='' save='' cached_only=0 from_cache=0
  name=$2
  local tag=$name
  shift 3
  while [ $# -gt 0 ]; do
    case $1 in
      --engine) engine=$2; shift 2 ;;
      --tag) tag=$2; shift 2 ;;
      --save) save=$2; shift 2 ;;
      --cached-only) cached_only=1; shift ;;
      --from-cache) from_cache=1; shift ;;
      *) fail "$(basename "$0"): what is $1?" ;;
    esac
  done
  tar=$image_cache/$prefix-$key.tar
  mkdir -p "$image_cache"
  mark_used "$tar"
  if [ ! -e "$tar.id" ] || [ ! -e "$tar" ]; then
    [ "$cached_only" = 0 ] || exit 0
    [ "$from_cache" = 0 ] || fail "the image $name is not in the cache: $tar"
    exec 7>"$image_cache/$prefix.lock"
    flock 7
    if [ ! -e "$tar" ] || [ ! -e "$tar.id" ]; then
      work=$(mktemp -d)
      trap 'rm -rf "$work"' EXIT
      build
    fi
    forget_unused "$prefix"
  fi
  [ -z "$save" ] || cp "$tar" "$save"
  [ -z "$engine" ] || load_image "$engine" "$tar" "$name" "$tag"
}
