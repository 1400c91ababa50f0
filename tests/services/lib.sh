# shellcheck shell=bash
# For the tests of the vTPM under Linux: starts it on free ports, stops it, speaks to them.
vtpm=$PWD/build/services/vtpm-linux
tpm_pid='' tpm_port=''
export tpm_status='' # how the last one ended

# Whatever happens, the TPM does not outlive the test, nor two minutes.
tpm_start() {
	local i
	rm -f port
	timeout 120 "$vtpm" --tcp 0 >port 2>>tpm.log &
	tpm_pid=$! tpm_port=''
	for ((i = 0; i < 300; i++)); do
		[[ -s port ]] && read -r _ tpm_port <port && break
		sleep 0.1
	done
	[[ $tpm_port ]] || {
		echo "Bail out! the vTPM does not start: $(<tpm.log)"
		exit 1
	}
	export TPM2TOOLS_TCTI="mssim:host=127.0.0.1,port=$tpm_port"
}

# bytes HEX: those bytes; blanks do not count.
bytes() {
	local hex=${1//[[:space:]]/} i
	for ((i = 0; i < ${#hex}; i += 2)); do
		printf '%b' "\\x${hex:i:2}"
	done
}

# signal NUMBER: on the platform port; its answer is four bytes.
signal() {
	local answer
	exec 9<>"/dev/tcp/127.0.0.1/$((tpm_port + 1))" || return
	bytes "$(printf '%08x' "$1")" >&9
	answer=$(timeout 60 head -c 4 <&9 | od -An -tx1)
	exec 9>&-
	[[ ${answer//[[:space:]]/} == 00000000 ]]
}
tpm_reset() { ok "reset" signal 17; }

tpm_stop() {
	exec 9<>"/dev/tcp/127.0.0.1/$tpm_port" && bytes 00000015 >&9
	exec 9>&-
	tpm_status=0
	wait "$tpm_pid" || tpm_status=$?
	tpm_pid=''
}

# command_code HEX: a TPM command on the command port; prints the code of the response.
command_code() {
	local hex=${1//[[:space:]]/} answer
	exec 9<>"/dev/tcp/127.0.0.1/$tpm_port" || return
	bytes "$(printf '%08x00%08x' 8 $((${#hex} / 2)))$hex" >&9
	answer=$(timeout 60 head -c 14 <&9 | od -An -v -tx1)
	exec 9>&-
	answer=${answer//[[:space:]]/}
	echo "${answer:20:8}"
}

# sim_is_refused HEX: on the command port; the other end closes without an answer.
sim_is_refused() {
	local answer status=0
	exec 9<>"/dev/tcp/127.0.0.1/$tpm_port" || return
	bytes "$1" >&9
	answer=$(timeout 60 head -c 1 <&9 | od -An -tx1) || status=$?
	exec 9>&-
	[[ $status == 0 && -z $answer ]]
}

# shellcheck disable=SC2154 # scratch is of tests/guest/lib.sh
trap '[[ $tpm_pid ]] && kill "$tpm_pid"; rm -rf "$scratch"' EXIT
