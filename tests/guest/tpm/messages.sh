# shellcheck shell=sh
# What the kernel said to all that, and to what is no command.
complaints() {
	grep 'tpm tpm0' boot.messages
	dmesg | grep -E 'BUG:|WARNING:|Call Trace|Oops|lockup|stall|blocked for|tpm tpm0'
}
is "no complaint of the kernel, RCU or a watchdog" "$(complaints)" ''
head -c 4086 /dev/zero >zeros
too_long() {
	{ echo 8001000010000000017b | bytes; cat zeros; } >command.bin # 4096 bytes: over the protocol's 4087
	exec 5<>/dev/tpm0
	dd if=command.bin bs=4096 >&5 2>said
	exec 5>&-
	cat said
}
is "a command that does not fit: Linux refuses it" "$(too_long | grep -c 'Invalid argument')" 1
is "a command that is none: TPM_RC_COMMAND_CODE" "$(raw 80010000000a00000fff)" 00000143
ok "the TPM goes on" tpm2_getrandom --hex 8
