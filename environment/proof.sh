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
  ASAN_OPTIONS=detect_leaks=1 setpriv --pdeathsig TERM timeout --kill-after=10 $((seconds + 120)) "$folder/test/fuzz/${target}_fuzz" -print_final_stats=1 -reload=1 \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384 -artifact_prefix="$folder/crashes/$target-" \
    "$folder/corpus/$target" "$repository/test/fuzz/corpus/$target" >"$log_folder/fuzz-$target-$number.log" 2>&1 ||
    echo "fuzz process failed: exit code $?" >>"$log_folder/fuzz-$target-$number.log"
}

# fuzz_summary TARGET PROCESSES: executions, coverage and crashes of its logs, as a line of a table. A process that did not
# end well for any reason, even one that never began, counts as a crash: what did not run proves nothing.
fuzz_summary() {
  local target=$1 logs=() number executions coverage crashes
  for ((number = 1; number <= $2; number++)); do logs+=("$log_folder/fuzz-$target-$number.log"); done
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "${logs[@]}" | awk '{ sum += $1 } END { print sum + 0 }')
  coverage=$(grep -oh 'cov: [0-9]*' "${logs[@]}" | awk '$2 > most { most = $2 } END { print most + 0 }')
  crashes=$(grep -ch '^fuzz process failed' "${logs[@]}" | awk '{ sum += $1 } END { print sum + 0 }')
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
    grep -l '^fuzz process failed' "$log_folder/fuzz-$target"-*.log || true
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
  compile fuzz "${targets[@]/%/_fuzz}" || fail "the fuzz targets could not be built"
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

proof_sections='simulation mutations failover faults kills fuzz sanitizers backup newcomer swarm'

# How much of each, thorough and with --quick.
proof_amount() {
  case $1:$quick in
    seeds:0) echo 20000 ;; seeds:1) echo 2000 ;;
    kills:0) echo 200 ;; kills:1) echo 20 ;;
    faults:0) echo 10 ;; faults:1) echo 1 ;;
    fuzz_seconds:0) echo 300 ;; fuzz_seconds:1) echo 10 ;;
    swarm:0) echo --agents 12 --stand-ins 60 --cycles 20 ;; swarm:1) echo --agents 1 --stand-ins 6 --cycles 3 --pairs 3 ;;
  esac
}

# proving_program TARGET [GTEST_ARG...]: a test program of the debug preset, in a sandbox of its own.
proving_program() {
  local program=$1 path
  shift
  path=$(find build/debug/test -type f -name "$program" -perm -u+x -print -quit)
  [ -n "$path" ] || fail "$program was not built"
  in_sandbox run --images agent,instant -- "$path" "$@"
}

# under_sanitizer PRESET NAME CTEST_ARG...: the number of tests that ran, and whether the sanitizer or a test complained.
under_sanitizer() {
  local preset=$1 name=$2 status=0 summary
  shift 2
  rm -f "$log_folder/test.log" # a former run's figures are none of this one
  (MOSAIC_PRESET=$preset test_command "$@") || status=$?
  summary=$(grep -sE '^[0-9]+% tests passed' "$log_folder/test.log" | tail -1)
  write_proof sanitizers "$name finds nothing in the tests" "${summary:-the tests did not run}" \
    "$([ "$status" = 0 ] && echo true || echo false)"
  return "$status"
}

# on_swarm PROGRAM [ARG...]: on three managers in a sandbox of their own, whose swarm has room for some more than a hundred networks.
on_swarm() {
  MOSAIC_BINARY=$repository/build/debug/cli/mosaic MOSAIC_WEB=$repository/build/web MOSAIC_SWARM_POOL=10.201.0.0/20:27 \
    in_sandbox run --images agent,instant,link --nodes 3:3 -- "$@"
}

prove_swarm() {
  local status=0
  # shellcheck disable=SC2046  # words
  on_swarm test/stack/judge $(proof_amount swarm) || status=1
  on_swarm test/stack/demo || status=1
  return "$status"
}

# What is slow for its own sake, or measures, says nothing new under a sanitizer.
prove_sanitizers() {
  local status=0
  under_sanitizer asan "AddressSanitizer and UBSan" -LE 'engine|node|house|simulation|fuzz' || status=1
  under_sanitizer tsan "ThreadSanitizer (queue, controller, gateway)" -R '^(controller|reconcilers|api|auth|chat_gateway|management)' || status=1
  return "$status"
}

# prove_section NAME: runs what proves it; each writes its own lines to MOSAIC_PROOF.
prove_section() {
  case $1 in
    simulation) (simulate_command --seeds "$(proof_amount seeds)") ;;
    mutations) (simulate_command --mutations) ;;
    failover) proving_program e2e_test --gtest_filter='Leadership*' ;;
    faults) MOSAIC_FAULTS=$(proof_amount faults) proving_program faults_test ;;
    kills)
      proving_program key_rotation_test --gtest_filter='*Kill*' && MOSAIC_KILLS=$(proof_amount kills) proving_program e2e_kill_test
      ;;
    fuzz) fuzz_command --seconds "$(proof_amount fuzz_seconds)" ;;
    sanitizers) prove_sanitizers ;;
    swarm) build_web && prove_swarm ;;
    backup)
      proving_program backup_test && proving_program store_postgres_test --gtest_filter='Backup*:Upgrade*' &&
        proving_program e2e_backup_test
      ;;
    newcomer)
      # shellcheck disable=SC2086  # a table of words
      install_packages $packages_newcomer
      test/newcomer/run
      ;;
  esac
}

# says_no SECTION: whether one of its lines in MOSAIC_PROOF did not hold.
says_no() { jq -e --arg section "$1" 'select(.section == $section and (.held | not))' "$MOSAIC_PROOF" >/dev/null; }

# proof_rows SECTION AMOUNT: that section's lines of MOSAIC_PROOF as rows in Markdown. Each says when, at which commit and how
# thoroughly it was measured, so that rows of different runs can stand in one table and none passes for younger than it is.
proof_rows() {
  local commit dirty=''
  commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
  git diff --quiet HEAD -- . ':!docs/RELIABILITY.md' 2>/dev/null || dirty=-dirty
  jq -r --arg section "$1" --arg measured "$(date --utc +%F), $commit$dirty, $2" '
    def cell: gsub("\\|"; "/") | gsub("\n"; " ");
    select(.section == $section)
    | "| \($section) | \(.claim | cell) | \(.figure | cell) | \(if .held then "yes" else "**no**" end) | \($measured) |"' "$MOSAIC_PROOF"
}

# proof_table FILE SECTION ROWS: the table of FILE with ROWS in place of that section's.
proof_table() {
  local section
  printf '| what | rule | measured | held | when, at which commit, how much |\n| --- | --- | --- | --- | --- |\n'
  for section in $proof_sections; do
    if [ "$section" = "$2" ]; then
      printf '%s\n' "$3"
    else
      sed -n '/<!-- proof: begin -->/,/<!-- proof: end -->/p' "$1" | grep "^| $section |" || true
    fi
  done
}

# write_table FILE: puts standard input between the two markers of FILE.
write_table() {
  local file=$1 fresh
  fresh=$(mktemp "$file.XXXXXX")
  TABLE=$(cat) awk '
    /<!-- proof: begin -->/ { print; print ""; print ENVIRON["TABLE"]; print ""; skipping = 1 }
    /<!-- proof: end -->/ { skipping = 0 }
    !skipping || /<!-- proof: end -->/ { if ($0 !~ /proof: begin/) print }' "$file" >"$fresh"
  chmod --reference="$file" "$fresh"
  mv "$fresh" "$file"
}

# prove_command [--quick] [--only SECTION[,SECTION...]]: writes the table of docs/RELIABILITY.md; of a part, that part's rows.
prove_command() {
  local quick=0 chosen=$proof_sections section status=0 amount='in full' began
  while [ $# -gt 0 ]; do
    case $1 in
      --quick) quick=1 ;;
      --only)
        chosen=${2//,/ }
        shift
        ;;
      *) fail "./dev prove [--quick] [--only SECTION,...]; sections: $proof_sections" ;;
    esac
    shift
  done
  for section in $chosen; do
    case " $proof_sections " in *" $section "*) ;; *) fail "there is no section '$section'; have: $proof_sections" ;; esac
  done
  [ "$quick" = 0 ] || amount=quick
  prepare_sandbox prove "$packages_test"
  export MOSAIC_PROOF=$log_folder/proof.jsonl
  : >"$MOSAIC_PROOF"
  begin_images
  compile debug >"$log_folder/build-debug.log" 2>&1 || fail "the build failed (whole log: $log_folder/build-debug.log)"
  end_images
  for section in $chosen; do
    say "proving: $section (log: build/log/prove-$section.log)"
    began=$SECONDS
    # In a shell of its own: a section that gives up (a build that fails) must not keep the others' lines from the table.
    if ! (prove_section "$section") >"$log_folder/prove-$section.log" 2>&1; then
      status=1
      say "$section did not hold; the end of its log:"
      tail -5 "$log_folder/prove-$section.log" >&2
      # One that was killed half way has only said what held until then.
      says_no "$section" || write_proof "$section" "it ran to its end" "it failed: build/log/prove-$section.log" false
    fi
    grep -q "\"section\":\"$section\"" "$MOSAIC_PROOF" ||
      { write_proof "$section" "it ran to its end" "nothing was measured" false; status=1; }
    say "$section took $((SECONDS - began)) s"
    # At once: a run that is ended by hand keeps what it measured.
    proof_table docs/RELIABILITY.md "$section" "$(proof_rows "$section" "$amount, $((SECONDS - began)) s")" >"$log_folder/proof.md"
    write_table docs/RELIABILITY.md <"$log_folder/proof.md"
  done
  cat "$log_folder/proof.md"
  ! jq -e 'select(.held | not)' "$MOSAIC_PROOF" >/dev/null || status=1
  return "$status"
}
