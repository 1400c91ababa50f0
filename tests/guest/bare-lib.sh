# shellcheck shell=bash
# For the tests that run a bare-metal program: QEMU with the software machine, no launcher.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=${COPRA_BUILD:-build} # the outputs to test: build/clang, for one
machine_rom=${MACHINE_ROM:-$build/machine.rom}
memory_mib=256
kept=build/test/bare${COPRA_BUILD:+-${COPRA_BUILD##*/}} # logs of what failed
log=$scratch/log

# vm IGVM PROCESSORS SECONDS [CASE [QEMU ARGUMENT...]]: one run; its logs are in $log. The status is
# QEMU's, or 124 when it did not end.
vm() {
	local igvm=$1 processors=$2 seconds=$3 case=${4:-}
	shift $(($# < 4 ? $# : 4))
	rm -rf "$log"
	mkdir -p "$log"
	printf 'mem=%s\ntestdev=1\nlog=debug\n' $((memory_mib << 20)) >"$log/options"
	timeout --foreground --kill-after=10 "$seconds" \
		qemu-system-x86_64 -nodefaults -no-user-config -machine q35 -cpu max \
		-accel tcg,thread=multi -smp "$processors" \
		-m $((memory_mib + 96 + memory_mib / 16)) -bios "$machine_rom" \
		-fw_cfg "name=opt/copra/igvm,file=$igvm" \
		-fw_cfg "name=opt/copra/options,file=$log/options" \
		${case:+-fw_cfg "name=opt/copra/case,string=$case"} \
		-display none -vga none -no-reboot \
		-serial "file:$log/guest.log" -serial "file:$log/svsm.log" \
		-chardev "file,id=machine,path=$log/machine.log" \
		-device isa-debugcon,iobase=0xe9,chardev=machine \
		-device isa-debug-exit,iobase=0xf4,iosize=4 "$@" </dev/null >"$log/qemu.log" 2>&1
}

# Statuses of QEMU: (value << 1) | 1 of what was written to port 0xf4
# shellcheck disable=SC2034 # used by the scripts
passed=33 failed=35 terminated=65 stopped=67

logs_keep() { # NAME
	mkdir -p "$kept"
	rm -rf "${kept:?}/$1"
	cp -r "$log" "$kept/$1"
	echo "# logs: $kept/$1"
	tail -n 5 "$log"/{machine,qemu}.log | sed 's/^/#   /'
}

# program_tap NAME STATUS FILE: the program's own lines become ours, and it must have ended well
# and have kept to its plan.
program_tap() {
	local name=$1 status=$2 line count=0 plan='none' before=$test_failed
	test_failed=0
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			count=$((count + 1))
			test_number=$((test_number + 1))
			[[ $line == not* ]] && test_failed=1
			echo "${line%%ok *}ok $test_number ${line#*ok * }"
			;;
		1..*) plan=${line#1..} ;;
		'#'* | 'Bail out'*) echo "# ${line#\# }" ;;
		esac
	done < <(sed -E 's/^\[ *[0-9]+\.[0-9]+\] //' "$3")
	if ((status != failed)); then
		is "$name: exit status" "$status" "$passed"
	fi
	is "$name: tests as many as planned" "$count" "$plan"
	((test_failed)) && logs_keep "$name"
	test_failed=$((test_failed | before))
}

# stop_case IGVM PROCESSORS CASE STATUS PATTERN: the VM is stopped, with this reason in machine.log.
stop_case() {
	local igvm=$1 processors=$2 case=$3 want=$4 pattern=$5 status=0 before=$test_failed
	test_failed=0
	vm "$igvm" "$processors" 60 "$case" || status=$?
	is "$case: exit status" "$status" "$want"
	ok "$case: reason" grep -qE -- "$pattern" "$log/machine.log"
	((test_failed)) && logs_keep "${igvm##*/}-$case"
	test_failed=$((test_failed | before))
}
