#!/bin/bash
# Runs the tests of tests/list:  tests/run.sh [OPTION...] [NAME...]
#
# NAME is a test, the beginning of names up to a hyphen, a tier, or a pattern; without one all run.
#   --quick          only those of `make check`
#   --list           says what there is, and runs nothing
#   --keep           keeps the VM logs of tests that passed, too
#   --jobs N         as if the machine had N processors     (JOBS in the environment)
#   --memory MIB     use at most that much memory           (what is available)
#   --list-file F    another list; --logs DIR: another folder than build/test
#
# Output is TAP: one line a test or, for tests that print TAP themselves, one for each of theirs. The
# last line is "N passed, N failed"; before it a table says how long each tier took, which is also in
# build/test/times.tsv. What a test printed is build/test/NAME/log; of a failed one everything else
# in build/test/NAME is kept: consoles, plane logs, exit trace, QEMU's command line.
# Exit status: 0 when nothing failed, 1 when something did, 2 for a wrong argument.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

QUICK='' KEEP='' ACTION=run LIST=tests/list LOGS=build/test WORDS=() LOCK=''
SLOTS=${JOBS:-$(nproc)} MEMORY=''
NUMBER=0 PASSED=0 FAILED=0 SKIPPED=0 # lines of TAP
BEGAN=${EPOCHREALTIME/[.,]/}

# shellcheck source=tests/runner/list.sh
source tests/runner/list.sh
# shellcheck source=tests/runner/room.sh
source tests/runner/room.sh
# shellcheck source=tests/runner/job.sh
source tests/runner/job.sh
# shellcheck source=tests/runner/result.sh
source tests/runner/result.sh

usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
}

refuse() { # TEXT
	echo "tests/run.sh: $1" >&2
	exit 2
}

options_read() {
	while (($#)); do
		case $1 in
		--all) ;; # is what happens anyway
		--quick) QUICK=1 ;;
		--keep) KEEP=1 ;;
		--list) ACTION=list ;;
		-h | --help) usage && exit 0 ;;
		--jobs | --memory | --list-file | --logs)
			(($# > 1)) || refuse "$1 needs a value"
			case $1 in
			--jobs) SLOTS=$2 ;;
			--memory) MEMORY=$2 ;;
			--list-file) LIST=$2 ;;
			--logs) LOGS=$2 ;;
			esac
			shift
			;;
		-*) refuse "unknown option $1 (tests/run.sh --help)" ;;
		*) WORDS+=("$1") ;;
		esac
		shift
	done
	[[ $SLOTS =~ ^[1-9][0-9]{0,3}$ ]] || refuse "--jobs $SLOTS: must be a number of processors"
	[[ $MEMORY =~ ^[0-9]{0,8}$ ]] || refuse "--memory $MEMORY: must be a number of MiB"
}

# One run at a time writes to the folder, which begins empty.
logs_begin() {
	mkdir -p "$LOGS"
	exec {LOCK}>"$LOGS.lock"
	flock -n "$LOCK" || refuse "another run writes to $LOGS; wait for it, or use --logs DIR"
	rm -rf "${LOGS:?}"/*
}

# Packages and everything that is built; a part that does not build fails as a test, and those that
# need it fail after it.
build() {
	local status=0 began
	[[ ${COPRA_NO_BUILD:-} ]] && return
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
	began=$(now_ms)
	WITH_TESTS=1 tools/packages.sh check || WITH_TESTS=1 tools/packages.sh deps || exit 2
	mkdir -p "$LOGS/build"
	[[ -t 2 ]] && printf 'building' >&2
	make -s -k -j"$(nproc)" all unit-build fuzz-replay-build guest-tests >"$LOGS/build/log" 2>&1 </dev/null || status=$?
	export COPRA_NO_BUILD=1
	status_clear
	result_build "$status" "$began"
}

# Starts what fits until all have run. What does not fit when nothing else runs never will.
run_all() {
	local i left
	while ((${#PENDING[@]} || ${#RUNNING[@]})); do
		left=()
		for i in "${PENDING[@]}"; do
			if room_for "$i"; then job_start "$i"; else left+=("$i"); fi
		done
		PENDING=("${left[@]}")
		if ((${#RUNNING[@]})); then
			job_wait
		elif ((${#PENDING[@]})); then
			result_skip "${PENDING[0]}" "needs $(room_need "${PENDING[0]}") MiB of memory, $(room_memory) are available"
			PENDING=("${PENDING[@]:1}")
		fi
	done
}

options_read "$@"
list_read
list_select
if [[ $ACTION == list ]]; then
	list_print
	exit 0
fi
logs_begin
trap 'job_end_all; exit 130' INT
trap 'job_end_all; exit 143' TERM HUP
echo "TAP version 13"
build
result_list_errors
list_order
room_begin
run_all
status_clear
echo "1..$NUMBER"
times_table
((SKIPPED)) && echo "# $SKIPPED skipped"
echo "$PASSED passed, $FAILED failed"
((FAILED == 0))
