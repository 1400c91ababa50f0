# shellcheck shell=sh
# A machine without an SVSM.
ok "no TPM" test -z "$(ls /dev | grep tpm)"
ok "the module is not loaded" refused grep -q tpm_svsm /proc/modules
ok "  and nobody speaks of it" refused grep -i 'tpm[_-]svsm' boot.messages
