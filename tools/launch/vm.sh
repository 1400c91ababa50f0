# shellcheck shell=bash
# One VM's life: pipes, start, events, stop.
#
# Everything the launcher waits for comes as a line through one FIFO ($TMP/ctl.out):
#   ready SECONDS, exit STATUS, error TEXT   from the guest's agent; ready again after each restart
#   gone                                     QEMU has ended
#   outgone                                  nobody takes our standard output any more

EVENTS=
INPUT_HOLD=
QEMU_PID=
QEMU_STATUS=
HELPERS=()
TERMINAL=

vm_pipes() {
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/copra.XXXXXX")
	mkfifo "$TMP"/{in,out,err,ctl.in,ctl.out,mon.in,mon.out,qemu.log,com1.in,com1.out}
	if [[ $LOG ]]; then
		LOGDIR=$(realpath "$LOG")
		rm -f "$LOGDIR"/{guest,kernel,svsm,machine,trace,qemu,registers}.log "$LOGDIR/status"
	else
		mkdir -p "$TOP/build/run"
		LOGDIR=$(mktemp -d "$TOP/build/run/XXXXXX")
	fi
	exec {EVENTS}<>"$TMP/ctl.out"
	exec {INPUT_HOLD}<>"$TMP/in"
}

# helper COMMAND...: in the background, without the descriptors that only the launcher may hold.
helper() {
	"$@" {INPUT_HOLD}>&- &
	HELPERS+=($!)
}

copy_output() {
	cat <"$1" || true
	echo outgone >&"$EVENTS"
}

follow_qemu_log() {
	cat <"$TMP/qemu.log" >"$LOGDIR/qemu.log"
	echo gone >&"$EVENTS"
}

vm_start() {
	helper follow_qemu_log
	if [[ $BOOT == disk ]]; then
		helper copy_output "$TMP/com1.out"
	elif [[ $PLATFORM == native ]]; then
		helper copy_output "$TMP/out"
	elif [[ -z $TEST ]]; then
		helper copy_output "$TMP/out"
		helper cat "$TMP/err" >&2
	fi
	helper cat "$TMP/mon.out" >"$TMP/monitor"
	# QEMU must not outlive the launcher, however that ends.
	setpriv --pdeathsig KILL -- "${qemu[@]}" <"$TMP/in" >"$TMP/qemu.log" 2>&1 \
		{INPUT_HOLD}>&- {EVENTS}>&- &
	QEMU_PID=$!
	STARTED=$(now)
}

now() { date +%s%3N; }

elapsed() { # since MILLISECONDS, as seconds with a decimal
	local ms=$(($(now) - $1))
	printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

qemu_alive() { [[ $QEMU_PID && -z $QEMU_STATUS ]] && kill -0 "$QEMU_PID" 2>/dev/null; }

qemu_reap() {
	[[ $QEMU_PID && -z $QEMU_STATUS ]] || return 0
	QEMU_STATUS=0
	wait "$QEMU_PID" 2>/dev/null || QEMU_STATUS=$?
	echo "$QEMU_STATUS" >"$LOGDIR/status"
}

# The timeout of a read can come in the middle of a line: what there is of it is kept.
EVENT_PART=

# vm_event DEADLINE: waits for the next event until the time (milliseconds), 0 for ever.
# Sets EVENT (timeout when there is none) and EVENT_VALUE.
vm_event() {
	local deadline=$1 left step part
	while :; do
		step=500
		if ((deadline)); then
			left=$((deadline - $(now)))
			((left > 0)) || {
				EVENT=timeout EVENT_VALUE=
				return
			}
			((left < step)) && step=$left
		fi
		if IFS= read -r -t "$((step / 1000)).$(printf %03d $((step % 1000)))" -u "$EVENTS" part; then
			read -r EVENT EVENT_VALUE <<<"$EVENT_PART$part"
			EVENT_PART=
			return
		fi
		EVENT_PART+=$part
		vm_progress
	done
}

# Tells how far the boot is, by what the logs hold.
PHASE=
vm_progress() {
	local phase=$PHASE
	[[ $READY ]] && return
	if [[ -s $LOGDIR/kernel.log ]] || grep -qa 'EFI stub\|Linux version' "$LOGDIR/guest.log" 2>/dev/null; then
		phase=kernel
	elif [[ -s $LOGDIR/guest.log ]]; then
		phase=firmware
	elif [[ -s $LOGDIR/svsm.log ]]; then
		phase=SVSM
	fi
	if [[ $phase != "$PHASE" || -t 2 ]]; then
		PHASE=$phase
		status "starting: ${PHASE:-machine} ($(elapsed "$STARTED") s)"
	fi
}

# Speaks to the agent, once it is ready: before that the firmware would take the words.
vm_request() {
	if ((${#COMMAND[@]})); then
		printf '%s\0' "${COMMAND[@]}" >"$TMP/arguments"
		{
			echo "run $(stat -c %s "$TMP/arguments") $BOOTS"
			cat "$TMP/arguments"
		} >"$TMP/request"
	else
		echo "shell $(terminal_size) ${TERM:-linux}" >"$TMP/request"
	fi
	helper cp_to "$TMP/request" "$TMP/ctl.in"
}

cp_to() { cat "$1" >"$2"; }

# Our input goes to the FIFO or pipe $1.  The writer is opened here, before the placeholder is
# closed: a moment without any writer would be the end of the input.
vm_input() {
	local to
	if [[ $INTERACTIVE || ! -t 3 ]]; then
		exec {to}>"$1"
		helper copy_input "$to"
		INPUT_PID=$!
		exec {to}>&-
	fi
	exec {INPUT_HOLD}>&-
}

copy_input() { exec cat <&3 >&"$1"; }

# --- the user's terminal ---------------------------------------------------------------------

terminal_size() {
	local size
	size=$(stty size <&3 2>/dev/null) || size='24 80'
	[[ $size == '0 0' ]] && size='24 80'
	echo "$size"
}

# Everything goes to the guest, but Ctrl-]: that is the terminal's interrupt key now, and so ends
# the VM even when the guest hangs.
terminal_take() {
	TERMINAL=$(stty -g <&3) || return 0
	stty raw -echo isig intr '^]' quit undef susp undef <&3
	trap 'echo "size $(terminal_size)" >"$TMP/ctl.in"' WINCH
}

terminal_give_back() {
	[[ $TERMINAL ]] || return 0
	stty "$TERMINAL" <&3 || true
	TERMINAL=
}

# --- the end ---------------------------------------------------------------------------------

vm_kill() {
	local i
	if qemu_alive; then
		kill -TERM "$QEMU_PID" 2>/dev/null || true
		for ((i = 0; i < 40; i++)); do
			qemu_alive || break
			sleep 0.05
		done
		kill -KILL "$QEMU_PID" 2>/dev/null || true
	fi
	qemu_reap
}

# Lets the copies of output end.  A reader of a FIFO that QEMU never opened is let go.
vm_flush() {
	local pid
	for fifo in out err com1.out qemu.log mon.out; do
		[[ -p $TMP/$fifo ]] && : <>"$TMP/$fifo"
	done
	for pid in "${HELPERS[@]}"; do
		# Those that read our input have nothing left to do.
		[[ $pid == "$INPUT_PID" ]] && kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null || true
	done
	HELPERS=()
}

vm_cleanup() {
	trap '' INT TERM HUP
	terminal_give_back
	status_clear
	vm_kill
	((${#HELPERS[@]})) && kill "${HELPERS[@]}" 2>/dev/null
	[[ -z $TMP ]] || rm -rf "$TMP"
	[[ $LOG || $KEEP_LOGS || -z $LOGDIR ]] || rm -rf "$LOGDIR"
	return 0
}
