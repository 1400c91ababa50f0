#!/bin/bash
# One boot of a test image:  tests/boot.sh IMAGE END [KEY=VALUE...] [--says TEXT] [--clean] [--digest]
#                                          [-- OPTION OF copra run...]
#
#   IMAGE       NAME.igvm: on the software machine that is beside it (build/, build/clang/);
#               NAME.elf: an SVSM kernel right under QEMU
#   END         how the run has to end: passed (a program that prints TAP, each line a test of ours),
#               failed, terminated (guest or SVSM ask for it), stopped or refused (by the machine)
#   KEY=VALUE   the program reads it as fw_cfg file opt/copra/KEY; case=NAME chooses what it does
#   --says      machine.log has to hold TEXT; without a machine svsm.log
#   --clean     svsm.log may not hold "error" or "panic"
#   --digest    the launch digest that the program reports is the one of `copra-igvm measure`
#
# Processors, MiB of memory and seconds are TEST_CPUS, TEST_MEM, TEST_SECONDS, which come from
# tests/list; the logs go to TEST_DIR. The VM has 10 s less (half of a short time), so that a hang ends
# with a dump of the registers in machine.log.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/guest/lib.sh"

declare -A statuses=([passed]=33 [failed]=35 [terminated]=65 [stopped]=67 [refused]=69)
dir=${TEST_DIR:-build/test/boot}
says='' clean='' digest='' options=() files=()

wrong() {
	echo "tests/boot.sh: $1" >&2
	exit 2
}

(($# >= 2)) || wrong "needs IMAGE and END (see the head of the script)"
image=$1 end=$2
shift 2
[[ ${COPRA_BUILD:-} ]] && image=$COPRA_BUILD/${image##*/}
build=$(dirname "$image")
[[ -e $build/machine.rom ]] || build=build
export COPRA_BUILD=$build
[[ -e $image ]] || wrong "$image: no such file"
[[ ${statuses[$end]:-} ]] || wrong "END is '$end', not one of: ${!statuses[*]}"
while (($#)); do
	case $1 in
	--says)
		says=${2:?tests/boot.sh: --says needs a text}
		shift
		;;
	--clean) clean=1 ;;
	--digest) digest=1 ;;
	--)
		options=("${@:2}")
		break
		;;
	[a-z]*=*) files+=(--qemu-arg -fw_cfg --qemu-arg "name=opt/copra/${1%%=*},string=${1#*=}") ;;
	*) wrong "unexpected argument '$1'" ;;
	esac
	shift
done
# With more processors, writing every exit would take longer than all the rest.
trace=exits
((${TEST_CPUS:-1} > 1)) && trace=last
case $image in
*.elf) where=(--platform native --kernel-elf "$image") judge=svsm.log ;;
*) where=(--igvm "$image" --trace "$trace") judge=machine.log ;;
esac

limit=${TEST_SECONDS:-60}
limit=$((limit - (limit > 20 ? 10 : limit / 2)))
mkdir -p "$dir"
./copra run -q --test "${where[@]}" --smp "${TEST_CPUS:-1}" --mem "${TEST_MEM:-512}M" --log "$dir" \
	--log-level debug --accel "${COPRA_ACCEL:-tcg}" --timeout "$limit" "${files[@]}" \
	"${options[@]}" >"$dir/output" 2>"$dir/launcher.log" </dev/null
launched=$?
got=$(cat "$dir/status" 2>/dev/null)

# The program's own lines become ours, and have to be as many as it planned.
if [[ $end == passed ]]; then
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			test_number=$((test_number + 1))
			[[ $line == not* ]] && test_failed=1
			echo "${line%%ok *}ok $test_number ${line#*ok * }"
			;;
		1..*) planned=${line#1..} ;;
		*) echo "# ${line#\# }" ;;
		esac
	done <"$dir/output"
	is "tests as many as planned" "$test_number" "${planned:-none}"
fi
is "the run's end is: $end (QEMU's exit status)" "${got:-none}" "${statuses[$end]}"
[[ $says ]] && ok "${judge%.log} says: $says" grep -qF -- "$says" "$dir/$judge"
[[ $clean ]] && ok "the SVSM reports no error" test -z "$(grep -E 'error|panic' "$dir/svsm.log")"
if [[ $digest ]]; then
	is "launch digest in the report, and copra-igvm measure" \
		"$(sed -nE 's/^# measurement ([0-9a-f]{96})$/\1/p' "$dir/output")" \
		"$("$build/copra-igvm" measure "$image" | sed -n 's/^launch_digest[[:blank:]]*//p')"
fi
if ((test_failed)); then
	[[ $end == passed ]] || sed 's/^/# /' "$dir/output"
	awk '{ print "# " $0 }' "$dir/launcher.log"
	echo "# exits before the end ($dir/trace.log):"
	tail -n 5 "$dir/trace.log" 2>/dev/null | awk '{ print "#   " $0 }' # also when its last line was cut
	((launched == 124)) && echo "# the VM was still running after $limit s"
fi
done_testing
