# shellcheck shell=bash
# What comes out: TAP, logs of failures, times.
TIMES=() # name, tier, begin, end (ms), processor seconds, passed, failed, skipped

status_text() { # STATUS SECONDS LIMIT
	case $1 in
	0) ;;
	none) echo "its status is lost, since what waited for it was killed" ;;
	124 | 137 | 143)
		if (($2 >= $3)); then
			echo "not done after $3 s"
			return
		fi
		;;&
	126) echo "exit status 126: the command cannot be run" ;;
	127) echo "exit status 127: a command was not found" ;;
	129 | 1[3-9]?) echo "killed by signal $(kill -l $(($1 - 128)))" ;;
	*) echo "exit status $1" ;;
	esac
}

processor_seconds() { # USER SYSTEM, as 1m2.345s
	awk -v a="$1" -v b="$2" 'function s(t, p) { split(t, p, /[ms]/); return p[1] * 60 + p[2] }
		BEGIN { printf "%.1f", s(a) + s(b) }'
}

result() { # INDEX
	local name=${NAME[$1]} dir status user system seconds good bad skip
	dir=$LOGS/$name
	seconds=$((($(now_ms) - STARTED[$1]) / 1000))
	status=none user=0m0s system=0m0s
	{ read -r status && read -r _ && read -r user system; } 2>/dev/null <"$dir/ended"
	result_tap "$name" "$dir" "$status" "$(status_text "$status" "$seconds" "${LIMIT[$1]}")" "$seconds"
	times_add "$name" "${TIER[$1]}" "${STARTED[$1]}" "$user" "$system"
	if ((bad)); then
		result_show "$dir"
	elif [[ ! $KEEP ]]; then
		find "$dir" -mindepth 1 -maxdepth 1 ! -name log -exec rm -rf {} +
	fi
}

# Prints a test's lines, and adds them up.
result_tap() { # NAME FOLDER STATUS WHY SECONDS
	LC_ALL=C awk -v number="$NUMBER" -v name="$1" -v status="$3" -v why="$4" -v seconds="$5" \
		-f tests/runner/tap.awk "$2/log" >"$2/tap"
	sed '$d' "$2/tap"
	read -r NUMBER good bad skip < <(tail -1 "$2/tap")
	PASSED=$((PASSED + good)) FAILED=$((FAILED + bad)) SKIPPED=$((SKIPPED + skip))
}

result_show() { # FOLDER
	echo "# the last lines of $1/log:"
	tail -n 60 "$1/log" | tr -cd '\n\t\040-\176' | awk '{ print "#   " $0 }'
	echo "# its files are kept: $1/"
}

result_skip() { # INDEX REASON
	NUMBER=$((NUMBER + 1)) SKIPPED=$((SKIPPED + 1))
	echo "ok $NUMBER - ${NAME[$1]} # SKIP $2"
}

result_build() { # STATUS BEGIN
	local good=0 bad=0 skip=0 user system
	times >"$LOGS/build/times"
	read -r user system < <(tail -1 "$LOGS/build/times")
	if (($1)); then
		result_tap build "$LOGS/build" "$1" "exit status $1" $((($(now_ms) - $2) / 1000))
		result_show "$LOGS/build"
	fi
	times_add build build "$2" "$user" "$system"
}

# Uses the caller's counts good, bad and skip.
times_add() { # NAME TIER BEGIN USER SYSTEM
	local IFS=$'\t' fields
	fields=("$1" "$2" "$3" "$(now_ms)" "$(processor_seconds "$4" "$5")" "$good" "$bad" "$skip")
	TIMES+=("${fields[*]}")
}

# A line that the runner does not understand is a test that did not run.
result_list_errors() {
	local error
	for error in "${LIST_ERRORS[@]}"; do
		NUMBER=$((NUMBER + 1)) FAILED=$((FAILED + 1))
		echo "not ok $NUMBER - $error"
	done
}

# By tier: the time in which at least one of its tests ran, processor time, and the slowest. What each
# test took is remembered for the order of the next run.
times_table() {
	((${#TIMES[@]})) || return 0
	{
		printf 'test\ttier\tbegin_ms\tend_ms\tprocessor_s\tpassed\tfailed\tskipped\n'
		printf '%s\n' "${TIMES[@]}"
	} >"$LOGS/times.tsv"
	awk -F'\t' 'NR > 1' "$LOGS/times.tsv" | sort -t$'\t' -k3,3n |
		awk -F'\t' -v whole="$(now_ms)" -f tests/runner/times.awk
	{
		awk -F'\t' 'NR > 1 { print $1 FS ($4 - $3) / 1000 }' "$LOGS/times.tsv"
		cat "$LOGS.known" 2>/dev/null
	} | awk -F'\t' '!seen[$1]++' >"$LOGS.new"
	mv "$LOGS.new" "$LOGS.known"
}
