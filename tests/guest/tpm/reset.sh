# shellcheck shell=sh
# Only a reset of the TPM resets its PCRs, and the guest cannot have one.
tpm2_pcrextend "0:sha256=$(echo mine | sha256sum | cut -d' ' -f1)"
pcrs | awk '$2 != 16 && $2 != 23' >before
unchanged() { pcrs | awk '$2 != 16 && $2 != 23' | cmp - before; }
clear=80010000000c000001440000 state=80010000000c000001440001

is "TPM2_Startup(CLEAR): TPM_RC_INITIALIZE" "$(raw $clear)" 00000100
is "TPM2_Startup(STATE): TPM_RC_INITIALIZE" "$(raw $state)" 00000100
ok "TPM2_Shutdown(CLEAR)" tpm2_shutdown -c
is "  and TPM2_Startup(CLEAR): TPM_RC_INITIALIZE" "$(raw $clear)" 00000100
ok "TPM2_Shutdown(STATE)" tpm2_shutdown
is "  and TPM2_Startup(STATE): TPM_RC_INITIALIZE" "$(raw $state)" 00000100
ok "  all PCRs are as they were" unchanged

reset=''
for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 17 18 19 20 21 22; do
	tpm2_pcrreset "$n" >/dev/null 2>&1 && reset="$reset $n"
done
is "TPM2_PCR_Reset resets none of PCRs 0 to 15, 17 to 22" "$reset" ''
tpm2_pcrextend "23:sha256=$(echo mine | sha256sum | cut -d' ' -f1)"
ok "  but PCR 23, which is anybody's" tpm2_pcrreset 23
is "    is zero" "$(pcr sha256 23)" "$(printf %064d 0)"
ok "  all others are as they were" unchanged

ok "TPM2_Clear" tpm2_clear
ok "  all PCRs are as they were" unchanged
ok "TPM2_PCR_Allocate is refused: the firmware has locked the platform hierarchy" refused \
	tpm2_pcrallocate -Q sha256:all+sha384:none
ok "  all PCRs are as they were" unchanged
ok "the module is taken out" rmmod tpm_svsm
ok "  with the devices" refused test -e /dev/tpm0
ok "  and loaded again" modprobe tpm_svsm
ok "  all PCRs are as they were" unchanged
