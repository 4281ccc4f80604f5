# shellcheck shell=bash
# Fuzzing and proving. Sourced by ./dev.

# write_proof SECTION CLAIM FIGURE true|false: one line for `./dev prove`, as test/proof.hpp writes it.
write_proof() {
  [ -n "${MOSAIC_PROOF:-}" ] || return 0
  printf '{"section":"%s","claim":"%s","figure":"%s","held":%s}\n' "$@" >>"$MOSAIC_PROOF"
}

fuzz_targets() { basename --multiple --suffix=_fuzz.cpp test/fuzz/*_fuzz.cpp; }

# fuzz_process TARGET NUMBER SECONDS: one libFuzzer on one target. Processes of one target share what they find.
fuzz_process() {
  local target=$1 number=$2 seconds=$3 folder=$repository/build/fuzz
  mkdir -p "$folder/corpus/$target" "$folder/crashes"
  ASAN_OPTIONS=detect_leaks=1 setpriv --pdeathsig TERM "$folder/test/fuzz/${target}_fuzz" -print_final_stats=1 -reload=1 \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384 -artifact_prefix="$folder/crashes/$target-" \
    "$folder/corpus/$target" "$repository/test/fuzz/corpus/$target" >"$log_folder/fuzz-$target-$number.log" 2>&1
}

# fuzz_summary TARGET PROCESSES: executions, coverage and crashes of its logs, as a line of a table.
fuzz_summary() {
  local target=$1 logs=() number executions coverage crashes
  for ((number = 1; number <= $2; number++)); do logs+=("$log_folder/fuzz-$target-$number.log"); done
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "${logs[@]}" | awk '{ sum += $1 } END { print sum + 0 }')
  coverage=$(grep -oh 'cov: [0-9]*' "${logs[@]}" | awk '$2 > most { most = $2 } END { print most + 0 }')
  crashes=$(grep -ch 'Test unit written to' "${logs[@]}" | awk '{ sum += $1 } END { print sum + 0 }')
  printf '%s %s %s %s\n' "$target" "$executions" "$coverage" "$crashes"
}

# fuzz_report SECONDS JOBS PROCESSES TARGET...: the table, and how to see each crash again. Fails when there is one.
fuzz_report() {
  local seconds=$1 processes=$3 summary crashes executions file
  shift 3
  summary=$(for target in "$@"; do fuzz_summary "$target" "$processes"; done)
  printf '| target | executions | branches covered | crashes |\n| --- | --- | --- | --- |\n'
  awk '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' <<<"$summary"
  executions=$(awk '{ sum += $2 } END { print sum + 0 }' <<<"$summary")
  crashes=$(awk '{ sum += $4 } END { print sum + 0 }' <<<"$summary")
  write_proof fuzz "no input breaks a rule, a sanitizer or the process" \
    "$executions executions of $# targets in $seconds s each, $crashes crashes" "$([ "$crashes" = 0 ] && echo true || echo false)"
  [ "$crashes" != 0 ] || return 0
  for target in "$@"; do
    grep -oh 'Test unit written to .*' "$log_folder/fuzz-$target"-*.log | sed 's/Test unit written to //' | while read -r file; do
      echo "$target: once more: build/fuzz/test/fuzz/${target}_fuzz ${file#"$repository/"}"
    done
  done
  return 1
}

# fuzz_command [TARGET...] [--seconds N] [--jobs N]: what is found stays in build/fuzz/corpus.
fuzz_command() {
  local seconds=60 jobs processes=1 known targets=() target number failed=0
  jobs=$(jobs)
  known=$(fuzz_targets)
  while [ $# -gt 0 ]; do
    case $1 in
      --seconds | --jobs)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "$1 needs a number"
        if [ "$1" = --seconds ]; then seconds=$2; else jobs=$2; fi
        shift
        ;;
      *)
        grep -qx -- "$1" <<<"$known" || fail "there is no fuzz target '$1'; have: $(paste -sd ' ' <<<"$known")"
        targets+=("$1")
        ;;
    esac
    shift
  done
  [ ${#targets[@]} -gt 0 ] || mapfile -t targets <<<"$known"
  [ ${#targets[@]} -gt 1 ] || processes=$jobs # all for the one
  # shellcheck disable=SC2086  # a table of words
  install_packages $packages_fuzz
  compile fuzz "${targets[@]/%/_fuzz}"
  rm -f "$log_folder"/fuzz-*.log
  for target in "${targets[@]}"; do
    for ((number = 1; number <= processes; number++)); do
      # A process that ends with a crash is counted by its log.
      while [ "$(command jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
      fuzz_process "$target" "$number" "$seconds" &
    done
  done
  wait
  fuzz_report "$seconds" "$jobs" "$processes" "${targets[@]}" || failed=1
  return "$failed"
}
