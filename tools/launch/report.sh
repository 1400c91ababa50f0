# shellcheck shell=bash
# What the end of a run means, and what to show when it failed.

# The statuses with which the machine ends QEMU, as isa-debug-exit makes them of its value.
qemu_status_text() {
	case $1 in
	0) echo "the guest powered off" ;;
	33) echo "the test in the VM succeeded" ;;
	35) echo "the test in the VM failed" ;;
	65) echo "the guest or the SVSM asked for termination" ;;
	67) echo "the machine stopped the VM" ;;
	69) echo "the machine, or the kernel's loader, refused its configuration or the IGVM file" ;;
	1) echo "QEMU could not start" ;;
	137 | 143) echo "QEMU was killed" ;;
	134) echo "QEMU aborted" ;;
	139) echo "QEMU crashed" ;;
	*) echo "QEMU ended with status $1" ;;
	esac
}

# Copies lines; one that names a stack address ("  #3 0xffff...") gets function and line.
symbolise() {
	local line address where elf elves
	while IFS= read -r line; do
		if [[ $line =~ (^|[[:space:]])#[0-9]+\ (0x[0-9a-fA-F]+) ]]; then
			address=${BASH_REMATCH[2]}
			elves=("$TEST_ELF" "$KERNEL_ELF" "$MACHINE_ELF")
			[[ $line != *', in the machine' ]] || elves=("$MACHINE_ELF")
			for elf in "${elves[@]}"; do
				[[ -e $elf ]] || continue
				where=$(addr2line -sfpe "$elf" "$address" 2>/dev/null)
				[[ -z $where || $where == '??'* ]] || {
					line+="  $where"
					break
				}
			done
		fi
		printf '%s\n' "$line"
	done
}

# What the machine says of a stop: its errors from the first, without the stacks' contents.
machine_errors() {
	grep -a ' error ' "$1" | grep -av ' stack +' | head -n "$2" | symbolise | cut -c 1-160 | grep .
}

# The end of a log, without escape sequences and control characters.
log_tail() { # FILE LINES
	tail -n 400 "$1" | tr -d '\r\000' | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g' |
		tr -cd '\n\t\040-\176' | grep -v '^[[:space:]]*$' | tail -n "$2" | symbolise
}

# Of registers that QEMU told: which processor is where.
registers_place() { grep -E '^(CPU#|VM status|  #0 )' "$1" | symbolise; }

# report TEXT: what happened, the last words of each part, and where the rest is.
report() {
	local name lines text
	KEEP_LOGS=1
	status_clear
	printf 'copra: error: %s\n' "$1" >&2
	for name in qemu machine registers svsm kernel guest; do
		case $name in
		machine) lines=50 ;;
		svsm) lines=24 ;;
		qemu) lines=4 ;;
		guest) lines=20 ;;
		*) lines=8 ;;
		esac
		text=
		[[ $name != machine ]] || text=$(machine_errors "$LOGDIR/machine.log" "$lines" 2>/dev/null)
		[[ $name != registers ]] || text=$(registers_place "$LOGDIR/registers.log" 2>/dev/null)
		[[ $text ]] || text=$(log_tail "$LOGDIR/$name.log" $((lines < 24 ? lines : 24)) 2>/dev/null)
		[[ $text ]] || continue
		printf '  -- %s.log\n' "$name" >&2
		printf '%s\n' "$text" | sed 's/^/  | /' >&2
	done
	printf 'copra: the logs are in %s\n' "$LOGDIR" >&2
	prune_logs
}

# Of failed runs the last ten are kept.
prune_logs() {
	local old
	[[ $LOG ]] && return
	find "$TOP/build/run" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn |
		tail -n +11 | while read -r _ old; do rm -rf "$old"; done
}
