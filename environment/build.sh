# shellcheck shell=bash
# Building, testing, demonstrating and measuring. Sourced by ./dev.

jobs() { nproc; }

# compile PRESET [TARGET...]
compile() {
  local preset=$1
  shift
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_build
  if ! cmake --preset "$preset" >"$log_folder/configure-$preset.log" 2>&1; then
    cat "$log_folder/configure-$preset.log" >&2
    fail "cmake could not configure the preset $preset"
  fi
  # Tied to us: a build must not go on when ./dev was killed.
  setpriv --pdeathsig TERM ninja -C "build/$preset" -j "$(jobs)" "$@"
}

build_command() {
  local preset=${1:-release}
  [ $# -eq 0 ] || shift
  [ $# -gt 0 ] || build_web # one who names targets wants those
  compile "$preset" "$@"
}

# prepare_sandbox: what a sandbox with all images needs; images are built out here, where the network is.
prepare_sandbox() {
  require_root "./dev $1" "$1"
  # shellcheck disable=SC2086  # tables of words
  install_packages $packages_build $packages_engine $packages_postgres $packages_image ${2:-}
}

# begin_images, end_images: the agent image takes minutes of waiting for downloads; meanwhile we compile.
begin_images() {
  setpriv --pdeathsig TERM "$repository/images/build-agent-image" &
  images_process=$!
}

end_images() { wait "$images_process" || fail "the agent image could not be built"; }

# fetch_node_packages: what the tests in test/*/package.json use; out here, where the network is.
fetch_node_packages() {
  local manifest folder
  for manifest in "$repository"/test/*/package.json; do
    folder=$(dirname "$manifest")
    [ ! -e "$manifest" ] || npm_packages "$folder" --omit=optional
  done
}

# reference_command: docs/API-REFERENCE.md from api/openapi.yaml; a test holds them together.
reference_command() {
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_web
  npm_packages "$repository/test/http" --omit=optional
  node test/http/reference.mjs
}

# begin_seed_client, end_seed_client: the real Prisma client, for the test that the older product's programs go on
# working. Without it their statements are replayed, which a registry that is away is no reason to fail for.
begin_seed_client() {
  setpriv --pdeathsig TERM "$repository/test/store/prisma/run" --prepare >"$log_folder/prisma.log" 2>&1 &
  seed_client_process=$!
}

end_seed_client() {
  wait "$seed_client_process" || say "the Prisma client could not be fetched, so its statements alone are tried (see build/log/prisma.log)"
}

test_command() {
  local preset=${MOSAIC_PRESET:-debug} started status=0
  started=$(now_ms)
  prepare_sandbox test "$packages_test"
  begin_images
  fetch_node_packages
  build_web
  begin_seed_client
  say "building the preset $preset; progress: tail -f build/log/build-$preset.log"
  compile "$preset" >"$log_folder/build-$preset.log" 2>&1 || {
    tail -40 "$log_folder/build-$preset.log" >&2
    fail "the build failed (whole log: $log_folder/build-$preset.log)"
  }
  say "built in $(seconds_since "$started") s"
  end_images
  end_seed_client
  # By itself UBSan complains and goes on, and a test that passes otherwise would pass.
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
  export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$repository/test/leaks_of_libraries.txt:print_suppressions=0}
  # ctest ends with its own summary; ours, after it, repeats the one line that matters.
  in_sandbox run --images agent,instant,link -- ctest --test-dir "$repository/build/$preset" --output-on-failure \
    --no-tests=error --parallel "$(jobs)" --output-log "$log_folder/test.log" "$@" || status=$?
  printf '\n'
  if [ "$status" = 0 ]; then
    echo "All tests passed in $(seconds_since "$started") s, build and images included."
  else
    echo "Tests failed (exit code $status). Log: $log_folder/test.log. One test again: ./dev test -R NAME"
  fi
  grep -E '^[0-9]+% tests passed' "$log_folder/test.log" || true
  return "$status"
}

# simulate_command [--seeds N] [--from SEED] | --seed S | --mutations: the deterministic simulation (test/simulation).
simulate_command() {
  local words=() mutations=0
  while [ $# -gt 0 ]; do
    case $1 in
      --mutations) mutations=1 ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  if [ "$mutations" = 1 ]; then
    # Many small builds and short runs: those of the tests' preset cost less than optimised ones.
    compile "${MOSAIC_PRESET:-debug}" simulation_mutations
    exec "$repository/test/simulation/run-mutations" "$repository/build/${MOSAIC_PRESET:-debug}" "${words[@]}"
  fi
  [ ${#words[@]} -gt 0 ] || words=(--seeds 10000 --from "$(date +%s)")
  compile "${MOSAIC_PRESET:-release}" mosaic_simulate
  exec "$repository/build/${MOSAIC_PRESET:-release}/test/simulation/mosaic_simulate" --processes "$(jobs)" "${words[@]}"
}

# demo_command [--nodes 3]: on one host, or on a Swarm with the stack of manifests/ deployed.
demo_command() {
  prepare_sandbox demo 'busybox-static:busybox openssl:openssl jq:jq'
  begin_images
  compile release mosaic
  end_images
  if [ "${1:-}" = --nodes ]; then
    [ "${2:-}" = 3 ] || fail "./dev demo [--nodes 3]"
    build_web
    MOSAIC_BINARY=$repository/build/release/cli/mosaic MOSAIC_WEB=$repository/build/web \
      in_sandbox run --images agent,instant,link --nodes 3:3 -- "$repository/test/stack/demo"
    return
  fi
  MOSAIC_BINARY=$repository/build/release/cli/mosaic in_sandbox run --images agent,instant -- "$repository/demo/run" "$@"
}

# image_command [--engine URL] [--save FILE]: the images of a deployment, made of this checkout and this machine's Debian.
# FILE gets all of them, for docker load on the nodes.
image_command() {
  local engine=() save='' work image
  while [ $# -gt 0 ]; do
    case $1 in
      --engine) engine=(--engine "${2:?--engine needs an address}") ;;
      --save) save=${2:?--save needs a file} ;;
      *) fail "./dev image [--engine URL] [--save FILE]" ;;
    esac
    shift 2
  done
  # shellcheck disable=SC2086  # tables of words
  install_packages $packages_postgres $packages_engine busybox-static:busybox
  build_web
  compile release mosaic >"$log_folder/build-release.log" 2>&1 || fail "the build failed (whole log: $log_folder/build-release.log)"
  work=$(mktemp -d)
  export MOSAIC_BINARY=$repository/build/release/cli/mosaic MOSAIC_WEB=$repository/build/web
  for image in mosaic link postgres; do
    "$repository/images/build-$image-image" "${engine[@]}" --save "$work/$image.tar" || fail "the image of $image could not be made"
  done
  [ -z "$save" ] || tar --create --file "$save" --directory "$work" mosaic.tar link.tar postgres.tar
  (cd "$work" && say "made mosaic/fleet:local, mosaic/link:local and mosaic/postgres:local ($(du -ch ./*.tar | tail -1 | cut -f1) in all)${engine[1]:+ and loaded into ${engine[1]}}")
  [ -z "$save" ] || say "on each node: tar --extract --to-stdout --file $save IMAGE.tar | docker load   # mosaic, link, postgres"
  rm -rf "$work"
}

bench_command() {
  local script name=${1:-}
  local scripts=()
  if [ -n "$name" ]; then
    shift
    [ -x "bench/run-$name" ] || fail "there is no benchmark '$name'; have: $(bench_names)"
    scripts=("bench/run-$name")
  else
    mapfile -t scripts < <(compgen -G 'bench/run-*')
    [ ${#scripts[@]} -gt 0 ] || fail "there is no benchmark under bench/"
  fi
  prepare_sandbox bench "$packages_bench"
  install_bench_peer
  begin_images
  compile release benchmarks
  end_images
  for script in "${scripts[@]}"; do
    MOSAIC_BINARY=$repository/build/release/cli/mosaic MOSAIC_BUILD_FOLDER=$repository/build/release \
      in_sandbox run --images agent,instant -- "$repository/$script" "$@"
  done
}

# install_bench_peer: the proxy that the gateway is measured against, out here where the network is. Without it the
# benchmark says that it could not be had.
install_bench_peer() {
  local peer=$repository/bench/configurable-http-proxy
  [ ! -d "$peer/node_modules/configurable-http-proxy" ] || return 0
  npm ci --prefix "$peer" --no-audit --no-fund --omit=optional >"$log_folder/bench-peer.log" 2>&1 ||
    say "configurable-http-proxy could not be installed; its figure will be missing (log: $log_folder/bench-peer.log)"
}

bench_names() { compgen -G 'bench/run-*' | sed 's|bench/run-||' | paste -sd ' '; }
