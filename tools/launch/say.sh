# shellcheck shell=bash
# What the launcher tells its user: always on standard error.

say() {
	[[ $QUIET ]] && return
	status_clear
	printf 'copra: %s\n' "$*" >&2
}

# Ends the launcher; for mistakes of the caller and for what cannot go on.  125 is "the VM, not
# the command, failed".
die() {
	status_clear
	printf 'copra: error: %s\n' "$*" >&2
	exit 125
}

# One line that follows the progress on a terminal; lines of a file otherwise.
status_shown=
status() {
	[[ $QUIET ]] && return
	if [[ -t 2 ]]; then
		printf '\r\e[Kcopra: %s' "$*" >&2
		status_shown=1
	else
		printf 'copra: %s\n' "$*" >&2
	fi
}

status_clear() {
	[[ $status_shown ]] && printf '\r\e[K' >&2
	status_shown=
	return 0
}
