# shellcheck shell=bash
# Tests that run: starting, time limits, ending.
declare -A RUNNING=() # by process: index
STARTED=()            # by index: milliseconds since the runner's start

now_ms() { echo $(((${EPOCHREALTIME/[.,]/} - BEGAN) / 1000)); }

job_start() { # INDEX
	local dir=$LOGS/${NAME[$1]}
	mkdir -p "$dir"
	STARTED[$1]=$(now_ms)
	room_take "$1"
	job_run "$1" "$dir" {LOCK}>&- 2>>"$dir/log" &
	RUNNING[$!]=$1
}

# In the background, with the test in a process group of its own (timeout makes it). Leaves status
# and processor time in a file.
job_run() { # INDEX FOLDER
	local child='' status stopped=''
	# Ctrl-C and hanging up reach the whole of the runner's group, TERM comes from the runner.
	trap 'stopped=1; kill -TERM -- "-$child" || kill -TERM "$child"' TERM INT HUP
	job_environment "$1" "$2"
	timeout --kill-after=10 "${LIMIT[$1]}" bash -c "${COMMAND[$1]}" </dev/null >>"$2/log" 2>&1 &
	child=$!
	wait "$child"
	status=$?
	[[ $stopped ]] && job_grace "$child"
	kill -KILL -- "-$child" 2>/dev/null # what it left behind
	wait "$child" 2>/dev/null
	{
		echo "$status"
		times # of this shell, then of its children
	} >"$2/ended"
}

# A second for the rest of a stopped test, which has had its signal.
job_grace() { # GROUP
	for _ in {1..20}; do
		kill -0 -- "-$1" 2>/dev/null || return
		sleep 0.05
	done
}

# What a test can know of its line in the list.
job_environment() {
	export TEST_NAME=${NAME[$1]} TEST_CPUS=${CPUS[$1]} TEST_MEM=${MEM[$1]} TEST_SECONDS=${LIMIT[$1]}
	export TEST_DIR=$2
}

# Waits for one test to end, and tells its result. On a terminal it wakes up now and then to show
# what runs.
job_wait() {
	local pid tick=''
	while :; do
		if [[ -t 2 ]]; then
			status_show
			sleep 1 {LOCK}>&- &
			tick=$!
		fi
		pid=
		wait -n -p pid "${!RUNNING[@]}" $tick 2>/dev/null
		[[ ${pid:-} ]] || pid=$(job_lost)
		[[ -z $pid || $pid == "$tick" ]] || break
	done
	[[ $tick ]] && kill "$tick" 2>/dev/null && wait "$tick" 2>/dev/null
	status_clear
	room_give "${RUNNING[$pid]}"
	result "${RUNNING[$pid]}"
	unset "RUNNING[$pid]"
}

# Of one that was killed bash may have forgotten all before the wait for it.
job_lost() {
	local pid
	for pid in "${!RUNNING[@]}"; do
		kill -0 "$pid" 2>/dev/null || echo "$pid"
	done | head -n 1
}

job_end_all() {
	trap '' INT TERM HUP
	status_clear
	echo "# interrupted; these had not ended: $(job_names)"
	kill -TERM "${!RUNNING[@]}" 2>/dev/null
	wait "${!RUNNING[@]}" 2>/dev/null
	echo "$PASSED passed, $FAILED failed"
}

job_names() {
	local i
	for i in "${RUNNING[@]}"; do
		echo -n "${NAME[i]} ($((($(now_ms) - STARTED[i]) / 1000)) s) "
	done
}

status_show() {
	local text
	text="$PASSED passed, $FAILED failed, ${#PENDING[@]} tests to go; running: $(job_names)"
	printf '\r\e[K%s' "${text:0:$(($(tput cols 2>/dev/null || echo 80) - 1))}" >&2
}

status_clear() {
	[[ -t 2 ]] && printf '\r\e[K' >&2
	return 0
}
