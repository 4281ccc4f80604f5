# shellcheck shell=bash
# The web pages: web/ to build/web, from where the program serves them. Sourced by ./dev.

packages_web='nodejs:node npm:npm'

# npm_packages FOLDER [ARG...]: what FOLDER's lock file names, when it is not there yet.
npm_packages() {
  local folder=$1
  shift
  [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ] || return 0
  say "fetching the npm packages of ${folder#"$repository"/}"
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >"$log_folder/npm.log" 2>&1 || {
    tail -20 "$log_folder/npm.log" >&2
    fail "npm could not fetch the packages of ${folder#"$repository"/}"
  }
  touch "$folder/node_modules/.package-lock.json"
}

# web_digest: of everything that the built pages come from.
web_digest() {
  {
    find web -name node_modules -prune -o -type f ! -name '*.gen.*' -print0
    printf 'api/openapi.yaml\0'
  } | sort -z | xargs -0 sha256sum | sha256sum
}

# build_web: build/web as web/ says; nothing to do when nothing has changed.
build_web() {
  local digest
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_web
  npm_packages "$repository/web"
  digest=$(web_digest)
  if [ -e build/web/index.html ] && [ "$(cat build/web.digest 2>/dev/null)" = "$digest" ]; then return 0; fi
  say "building the web pages"
  rm -f build/web.digest
  setpriv --pdeathsig TERM npm run --prefix web --silent build >"$log_folder/web.log" 2>&1 || {
    tail -30 "$log_folder/web.log" >&2
    fail "the web pages could not be built (whole log: $log_folder/web.log)"
  }
  echo "$digest" >build/web.digest
}
