#!/bin/bash
# Runs the tests of tests/list:  tests/run.sh [--all | --quick] [NAME...]
#
# Output is TAP, one line a test or, for tests that print TAP themselves, one for each of theirs;
# the last line is "N passed, N failed".  Logs are in build/test/NAME.log, and a failed test's is
# shown.  Exit status 0 when nothing failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

tier=full names=()
for argument; do
	case $argument in
	--all) tier=full ;;
	--quick) tier=quick ;;
	-*)
		sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
		exit 2
		;;
	*) names+=("$argument") ;;
	esac
done

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
logs=build/test
mkdir -p "$logs"
rm -rf "${logs:?}"/*
WITH_TESTS=1 tools/packages.sh check || WITH_TESTS=1 tools/packages.sh deps || exit 2
# A part that does not build fails as a test, and those that need it fail after it.
build_status=0
export COPRA_NO_BUILD=1
make -s -k -j"$(nproc)" all unit-build >"$logs/build.log" 2>&1 </dev/null || build_status=$?

room=$(nproc)
number=0 passed=0 failed=0 skipped=0
declare -A weight_of=() name_of=()

selected() { # TIER NAME
	local name
	if ((${#names[@]})); then
		for name in "${names[@]}"; do
			# shellcheck disable=SC2053 # a pattern
			[[ $2 == $name ]] && return 0
		done
		return 1
	fi
	[[ $tier == full || $1 == quick ]]
}

# start WEIGHT SECONDS NAME COMMAND: in the background; what it printed, its status and its time
# are left in files.
start() {
	local weight=$1 seconds=$2 name=$3 command=$4
	{
		local began=$SECONDS status=0
		timeout --kill-after=20 "$seconds" bash -c "$command" \
			</dev/null >"$logs/$name.log" 2>&1 || status=$?
		echo "$status $((SECONDS - began)) $seconds" >"$logs/$name.status"
	} &
	weight_of[$!]=$weight
	name_of[$!]=$name
	room=$((room - weight))
}

# Waits for one test to end and prints its result.
finish_one() {
	local pid
	wait -n -p pid "${!name_of[@]}"
	room=$((room + weight_of[$pid]))
	result "${name_of[$pid]}"
	unset "weight_of[$pid]" "name_of[$pid]"
}

result() { # NAME
	local name=$1 log=$logs/$1.log status took limit line why='' own_ok=0 own_bad=0
	read -r status took limit <"$logs/$name.status"
	if ((status == 0)) && line=$(grep -m1 -E '^1\.\.0 # ?(SKIP|skip)' "$log"); then
		skipped=$((skipped + 1))
		number=$((number + 1))
		echo "ok $number - $name # SKIP ${line#*# }"
		return
	fi
	while IFS= read -r line; do
		case $line in
		ok*"# SKIP"* | ok*"# skip"*) skipped=$((skipped + 1)) ;;
		ok*) own_ok=$((own_ok + 1)) ;;
		*) own_bad=$((own_bad + 1)) ;;
		esac
		number=$((number + 1))
		sed -E "s/^(not ok|ok) *[0-9]*( -)? */\1 $number - $name: /" <<<"$line"
	done < <(grep -E '^(not )?ok( |$)' "$log")
	((status == 124 || status == 137)) && why=" (not done after $limit s)"
	# The exit status counts when there is no TAP, or none of it says what went wrong.
	if ((own_ok + own_bad == 0 || (status != 0 && own_bad == 0))); then
		number=$((number + 1))
		if ((status == 0)); then
			own_ok=1
			echo "ok $number - $name # $took s"
		else
			own_bad=1
			echo "not ok $number - $name # exit status $status$why, $took s"
		fi
	fi
	passed=$((passed + own_ok))
	failed=$((failed + own_bad))
	((own_bad)) && show_log "$log"
	return 0
}

show_log() {
	echo "# the log: $1"
	tail -n 60 "$1" | sed 's/^/#   /'
}

trap 'trap - TERM; kill -- "${!name_of[@]}" 2>/dev/null; exit 130' INT TERM

echo "TAP version 13"
if ((build_status)); then
	number=1 failed=1
	echo "not ok 1 - build # exit status $build_status"
	show_log "$logs/build.log"
fi
while read -r this weight seconds name command; do
	[[ $this && $this != '#'* ]] || continue
	selected "$this" "$name" || continue
	((weight > $(nproc))) && weight=$(nproc)
	while ((room < weight)); do
		finish_one
	done
	start "$weight" "$seconds" "$name" "$command"
done <tests/list
while ((${#name_of[@]})); do
	finish_one
done
echo "1..$number"
((skipped)) && echo "# $skipped skipped"
((passed + failed + skipped)) || echo "# no such test: ${names[*]}"
echo "$passed passed, $failed failed"
((failed == 0 && passed + skipped > 0))
