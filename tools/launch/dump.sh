# shellcheck shell=bash
# The registers of a VM that exceeds its time.
#
# An NMI makes the machine write those of all planes into machine.log, and the kernel without SNP report
# its own in svsm.log and end. The machine may take it for one of its own, and a busy computer needs its
# time for so many lines: it is asked again, until it says that all are there. When none have come in
# DUMP_BEGIN_SECONDS, QEMU tells what its processors hold, and that goes to registers.log.

DUMP_SECONDS=${COPRA_DUMP_SECONDS:-30}
DUMP_BEGIN_SECONDS=3
DUMP_BEFORE=() # by hand, in the same run

vm_dump() {
	local started seconds asked=-1 read=''
	qemu_alive || return 0
	[[ $PLATFORM != plain ]] || {
		qemu_registers
		return
	}
	DUMP_BEFORE=("$(dump_lines begun)" "$(dump_lines done)")
	started=$(now)
	while qemu_alive && ! dump_done; do
		seconds=$((($(now) - started) / 1000))
		((seconds < DUMP_SECONDS)) || break
		# A second one would meet the kernel without SNP in the middle of its report.
		if ((seconds > asked)) && [[ $PLATFORM == snp || $asked == -1 ]]; then
			monitor nmi
			asked=$seconds
		fi
		if [[ -z $read ]] && ((seconds >= DUMP_BEGIN_SECONDS)) && ! dump_begun; then
			read=1
			qemu_registers || break
		fi
		sleep 0.1
	done
	[[ $read ]] || ! qemu_alive || dump_done || qemu_registers
}

dump_lines() { # WHAT
	case $PLATFORM-$1 in
	snp-begun) dump_log machine.log 'register dump on request: CPU [0-9]+, VMPL' ;;
	snp-done) dump_log machine.log 'register dump on request: done' ;;
	native-begun) dump_log svsm.log 'panic: NMI' ;;
	native-done) echo 0 ;; # it ends QEMU
	esac
}

dump_log() { # LOG TEXT
	grep -acE "$2" "$LOGDIR/$1" 2>/dev/null || true
}

dump_begun() { (($(dump_lines begun) > DUMP_BEFORE[0])); }
dump_done() { (($(dump_lines done) > DUMP_BEFORE[1])); }

# To QEMU's monitor, which may not listen any more.
monitor() {
	timeout 2 tee "$TMP/mon.in" >/dev/null <<<"$1" || true
}

# What it has said, without the control characters of its command line.
monitor_said() {
	tr -d '\r' <"$TMP/monitor" | sed 's/\x1b\[[0-9;]*[A-Za-z]//g'
}

monitor_wait() { # TEXT: until it says that
	local i
	for ((i = 0; i < 30; i++)); do
		qemu_alive || return
		monitor_said | grep -q "^$1" && return
		sleep 0.1
	done
	return 1
}

# Stopped, as the processors' place in the program is not known while they run. Fails when the VM did not
# run before either: then the machine has nothing to say.
qemu_registers() {
	local running=''
	monitor 'info status'
	monitor_wait 'VM status:' || return
	monitor_said | grep -q '^VM status: running' && running=1
	monitor stop
	monitor 'info registers -a'
	monitor_wait "CPU#$((SMP - 1))" || return
	sleep 0.1 # for the rest of its lines
	# The place as in a call chain, for the report to name it. The machine's addresses are also the SVSM's,
	# but without C-bit (39) in CR3.
	monitor_said | grep -E '^(VM status:|CPU#|[A-Z][A-Z0-9]{1,2} ?=)' |
		awk -v platform="$PLATFORM" '{ print }
			match($0, /[ER]IP=[0-9a-f]+/) { ip = substr($0, RSTART + 4, RLENGTH - 4) }
			match($0, /CR3=[0-9a-f]+/) {
				cr3 = substr($0, RSTART + 4, RLENGTH - 4)
				own = platform == "snp" && ip ~ /^ffffffff8/ && cr3 !~ /[89a-f].........$/
				print "  #0 0x" ip (own ? ", in the machine" : "")
			}' >"$LOGDIR/registers.log"
	[[ $running ]] && monitor cont
}
