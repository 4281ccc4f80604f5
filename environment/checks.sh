# shellcheck shell=bash
# Formatting and linting. Sourced by ./dev.

# sources [--changed] PATTERN...: files git knows or would add; without git, those in the tree.
sources() {
  local changed=0
  [ "$1" != --changed ] || { changed=1; shift; }
  if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    local names=() pattern
    for pattern in "$@"; do names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o -type f \( "${names[@]:1}" \) -print | sed 's|^\./||' | sort
  elif [ "$changed" = 1 ]; then
    { git diff --name-only --diff-filter=d HEAD -- "$@"; git ls-files --others --exclude-standard -- "$@"; } | sort -u
  else
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
  fi
}

# shell_scripts: by their first line, because most have no ending in their names.
shell_scripts() {
  local file first
  sources '*' | while read -r file; do
    case $file in *.cpp | *.hpp | *.c | *.md | *.json | *.sql | *.mjs | *.txt | LICENSE) continue ;; esac
    IFS= read -r first <"$file" 2>/dev/null || continue
    case $first in '#!'*bash* | '#!/bin/sh'* | '# shellcheck shell='*) echo "$file" ;; esac
  done
}

format_command() {
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_lint
  sources '*.cpp' '*.hpp' '*.c' | xargs --no-run-if-empty clang-format -i
}

lint_command() {
  local scope=() files=() tidy_files=() status=0
  # shellcheck disable=SC2086  # tables of words
  install_packages $packages_lint $packages_build
  [ "${1:-}" != --changed ] || { scope=(--changed); shift; }
  if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(sources "${scope[@]}" '*.cpp' '*.hpp' '*.c'); fi
  if [ ${#files[@]} -gt 0 ]; then
    clang-format --dry-run --Werror "${files[@]}" || { say "formatting differs; mend it with: ./dev fmt"; status=1; }
  fi
  mapfile -t tidy_files < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' || true)
  [ ${#tidy_files[@]} -eq 0 ] || tidy "${tidy_files[@]}" || status=1
  shell_scripts | xargs --no-run-if-empty shellcheck --external-sources --severity=warning || status=1
  [ "$status" != 0 ] || say "lint: ${#files[@]} files, nothing to complain about"
  return "$status"
}

# tidy FILE...: needs a compilation database only, so nothing is compiled but what clang-tidy parses itself.
# Precompiled headers and some options are GCC's and mean nothing to clang: they are taken out.
tidy() {
  local database=$repository/build/lint file
  cmake -S . -B "$database" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
    >"$log_folder/configure-lint.log" 2>&1 || { cat "$log_folder/configure-lint.log" >&2; return 1; }
  sed -i 's/ -fcoroutines / /; s/ -fpch-preprocess / /' "$database/compile_commands.json"
  for file in "$@"; do
    # A file that no target compiles has no entry.
    ! grep -qF "$repository/$file" "$database/compile_commands.json" || printf '%s\0' "$file"
  done | xargs --null --no-run-if-empty --max-procs="$(jobs)" --max-args=4 \
    clang-tidy -p "$database" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-command-line-argument
}
