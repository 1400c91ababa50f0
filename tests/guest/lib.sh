# shellcheck shell=bash
# For the tests that run a guest: ./copra run with short words, and TAP.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
export COPRA_NO_BUILD=${COPRA_NO_BUILD-1}
platform=${1:-snp}
trace=last # of the VMs: writing every exit takes a fifth of a boot
test_number=0
test_failed=0

# copra ARGUMENT...: a run on the platform that is tested; its messages go to the test's log. Under the
# runner its own logs and exit trace are in TEST_DIR, and a hang ends before the runner does it: with
# a dump.
copra() {
	local own=() left
	if [[ ${TEST_DIR:-} ]]; then
		left=$((TEST_SECONDS - 10 - SECONDS))
		own=(--timeout "$((left > 5 ? left : 5))")
		[[ " $* " == *" --log "* ]] || own+=(--log "$(vm_folder)")
	fi
	[[ $platform == snp ]] && own+=(--trace "$trace")
	./copra run -q --platform "$platform" "${own[@]}" "$@"
}

# The next free folder vm-N: a test starts several VMs.
vm_folder() {
	local folder=${TEST_DIR:-$scratch}/vm n=1
	until mkdir "$folder-$n" 2>/dev/null; do
		n=$((n + 1))
	done
	echo "$folder-$n"
}

# copra_smp ARGUMENT...: the same on several processors. QEMU 7.2 itself makes Linux stumble over its
# own breakpoint now and then, with or without Copra, or loses a CPU's registers (docs/caveats.md,
# "QEMU"): that is tried again.
copra_smp() {
	local try input log status=0
	input=$(cat)
	for try in 1 2 3; do
		status=0
		log=$(vm_folder)
		copra --log "$log" "$@" <<<"$input" || status=$?
		((status == 125)) || break
		grep -qsaE 'Oops: int3|QEMU lost the registers' "$log"/{guest,kernel,machine}.log || break
		echo "# try $try: QEMU's fault, again" >&2
	done
	return "$status"
}

# ok TEXT COMMAND...: one TAP line for whether the command succeeds.
ok() {
	local text=$1
	shift
	test_number=$((test_number + 1))
	if "$@"; then
		echo "ok $test_number - $text"
	else
		echo "not ok $test_number - $text"
		test_failed=1
	fi
}

# is TEXT GOT WANTED
is() {
	ok "$1" test "$2" = "$3"
	[[ $2 == "$3" ]] || printf '#   got:    %q\n#   wanted: %q\n' "$2" "$3"
}

# The end of a test script.
done_testing() {
	echo "1..$test_number"
	exit $test_failed
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
