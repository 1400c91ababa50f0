# shellcheck shell=sh
# What OVMF and the kernel's boot stub measured, before anybody else uses a PCR.
security=/sys/kernel/security/tpm0/binary_bios_measurements
ok "/dev/tpm0 and /dev/tpmrm0" test -c /dev/tpm0 -a -c /dev/tpmrm0
is "a TPM 2.0" "$(cat /sys/class/tpm/tpm0/tpm_version_major)" 2
is "at the device tpm-svsm" "$(basename "$(readlink -f /sys/class/tpm/tpm0/device)")" tpm-svsm

pcrs >measured
ok "tpm2_eventlog" tpm2_eventlog "$security"
mv said events
for type in EV_S_CRTM_VERSION EV_EFI_VARIABLE_DRIVER_CONFIG EV_EFI_BOOT_SERVICES_APPLICATION \
	EV_SEPARATOR EV_EVENT_TAG; do
	ok "  events $type" grep -q "EventType: $type\$" events
done

# replay FILE: the PCRs that follow from a log.
replay() { sed -n '/^pcrs:/,$p' "$1" | pcr_lines | sort; }
# The PCRs of a log, as the TPM has them.
same_numbers() { awk 'NR == FNR { want[$1, $2] = 1; next } ($1, $2) in want' "$1" measured | sort; }

replay events >replayed
for bank in sha256 sha384; do
	grep "^$bank " replayed >one
	ok "the log's replay is the $bank PCRs" test "$(wc -l <one)" -ge 8 -a \
		"$(sort one)" = "$(same_numbers one)"
done
# Of the others, those that the platform may reset start with ones (PC client profile).
is "PCRs that the log does not have are as after a reset" "$(awk '
	NR == FNR { log_has[$1, $2] = 1; next }
	!(($1, $2) in log_has) && $3 !~ ($2 >= 17 && $2 <= 22 ? "^F+$" : "^0+$")' replayed measured)" ''

# A log with one digit more or less has other PCRs.
cp "$security" changed
digest=$(awk '/AlgorithmId: sha256/ { on = 1 } on && /Digest:/ { print $2; exit }' events | tr -d '"')
at=$(xxd -p "$security" | tr -d '\n' | awk -v d="$digest" '{ print int(index($0, d) / 2) }')
ok "a digest of the log is where it is looked for" test "$at" -gt 0
printf '\377\377' | dd of=changed bs=1 seek="$at" conv=notrunc 2>/dev/null
tpm2_eventlog changed >changed.events 2>/dev/null
ok "  another digest there gives other PCRs" refused test "$(replay changed.events)" = "$(cat replayed)"
