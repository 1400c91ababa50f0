# shellcheck shell=bash
# shellcheck disable=SC2034,SC2120 # variables and arguments are of the scripts that source this
# For the tests of the runner itself: a runner within the runner, with a list and a folder of its own.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../guest/lib.sh"
export COPRA_NO_BUILD=1
unset JOBS

# runner ARGUMENT...: with the list on standard input. Leaves status, out, err.
runner() {
	cat >"$scratch/list"
	status=0
	tests/run.sh --list-file "$scratch/list" --logs "$scratch/logs" "$@" </dev/null \
		>"$scratch/out" 2>"$scratch/err" || status=$?
	out=$scratch/out
	err=$scratch/err
}

# has TEXT PATTERN [FILE]: a line of the output matches as a whole.
has() {
	ok "$1" grep -qxE -- "$2" "${3:-$out}"
	grep -qxE -- "$2" "${3:-$out}" || sed 's/^/#   /' "${3:-$out}"
}

last_line() { # TEXT WANTED
	is "$1" "$(tail -n 1 "$out")" "$2"
}

# Processes whose command line holds a word that nothing else has.
left_over() { # WORD
	local file
	for file in /proc/[0-9]*/cmdline; do
		{ tr '\0' ' ' <"$file"; } 2>/dev/null | grep -qF "sleep $1" && return 0
	done
	return 1
}
