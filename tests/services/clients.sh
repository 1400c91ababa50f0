#!/bin/bash
# The vTPM under Linux, driven by tpm2-tools through the TPM simulator's protocol.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"
# shellcheck source=tests/services/lib.sh
source tests/services/lib.sh
cd "$scratch" || exit 2
tpm_start

# get NAME ARGUMENT...: tpm2_NAME; tool: the same, quiet but for errors.
get() { timeout 60 "tpm2_$1" "${@:2}"; }
tool() { timeout 60 "tpm2_$1" -Q "${@:2}"; }
# shellcheck disable=SC2317 # called by ok
refused() { ! tool "$@" 2>refused.log; }
pcr() { get pcrread "sha256:$1" | awk -v n="$1" '$1 == n || $1 == n":" { print $NF }'; }
zeros=0x$(printf '%064d' 0)

# --- the TPM itself
ok "needs TPM2_Startup" refused getrandom 8
ok "TPM2_Startup" tool startup -c
is "TPM2_Startup again is refused" "$(command_code '8001 0000000c 00000144 0000')" 00000100
ok "self-test" tool selftest --fulltest
first=$(get getrandom --hex 32)
ok "random numbers" test "${#first}" = 64 -a "$first" != "$(get getrandom --hex 32)"
is "it says what it is" "$(get getcap properties-fixed |
	awk '/MANUFACTURER|VENDOR_STRING_[12]:/ { on = 1 } on && /value/ { printf "%s ", $2; on = 0 }')" \
	'"IBM" "SW" "TPM" '
is "it says how much fits" "$(get getcap properties-fixed |
	awk '/PT_MAX_(COMMAND|RESPONSE)_SIZE/ { getline; printf "%d ", $2 }' 2>/dev/null)" '4087 4087 '

# --- PCRs
digest=$(sha256sum </dev/null | cut -d' ' -f1)
is "PCR 0 is zero" "$(pcr 0)" "$zeros"
is "banks: SHA-256 and SHA-384" "$(get getcap pcrs | awk '/sha/ { printf "%s%d ", $2, (NF > 4 ? NF - 4 : 0) }')" \
	'sha1:0 sha256:24 sha384:24 sha512:0 '
ok "extend PCR 0 and 7" tool pcrextend "0:sha256=$digest" "7:sha256=$digest"
extended="0x$( (head -c 32 /dev/zero; bytes "$digest") |
	sha256sum | cut -c1-64 | tr a-f A-F)"
is "  as SHA-256 of both says" "$(pcr 7)" "$extended"
ok "reset of PCR 0 is refused" refused pcrreset 0
ok "reset of PCR 7 is refused" refused pcrreset 7
ok "TPM2_Shutdown and TPM2_Startup" tool shutdown -c
is "  the second is refused" "$(command_code '8001 0000000c 00000144 0000')" 00000100
ok "TPM2_Clear" tool clear
is "PCR 7 is as it was" "$(pcr 7)" "$extended"

# --- endorsement keys. TPM2_Clear has taken them away; their seed is the same.
ok "TPM2_Clear takes the persistent keys away" test -z "$(get getcap handles-persistent)"
tpm_reset
tool startup -c
is "a reset does not bring them back" "$(get getcap handles-persistent)" ''
is "  and it does reset the PCRs" "$(pcr 7)" "$zeros"
tpm_stop
ok "the program ended" test "$tpm_status" = 0
tpm_start
tool startup -c
is "handles of the endorsement keys" "$(get getcap handles-persistent | tr -d '\n')" \
	'- 0x81010001- 0x8101000A- 0x81010016'
for key in rsa:0x81010001 ecc:0x8101000a ecc384:0x81010016; do
	tool createek -G "${key%:*}" -c ek.ctx -u made.pub
	tool flushcontext -t
	tool readpublic -c "${key#*:}" -o kept.pub
	ok "EK ${key%:*} is that of the TCG's template" cmp -s made.pub kept.pub
done
ok "no certificate pretends to be one" test -z "$(get getcap handles-nv-index)"

# --- keys, sealing, policies
for key in rsa2048 ecc256 ecc384; do
	ok "primary key $key" tool createprimary -C o -G "$key" -c "$key.ctx"
	tool flushcontext -t
done
tool createprimary -C o -G ecc256 -c primary.ctx
echo "a secret" >secret
ok "seal" tool create -C primary.ctx -i secret -u sealed.pub -r sealed.priv
tool flushcontext -t
ok "load" tool flushcontext -t
tool load -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx
is "unseal" "$(get unseal -c sealed.ctx)" "a secret"
tool flushcontext -t
tool pcrextend "4:sha256=$digest"
tool createpolicy --policy-pcr -l sha256:0,4 -L policy
tool createprimary -C o -G ecc256 -c primary.ctx
ok "seal to PCRs" tool create -C primary.ctx -L policy -i secret -u sealed.pub -r sealed.priv
tool flushcontext -t
tool load -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx
is "unseal with these PCRs" "$(get unseal -c sealed.ctx -p pcr:sha256:0,4)" "a secret"
tool pcrextend "4:sha256=$digest"
ok "not with others" refused unseal -c sealed.ctx -p pcr:sha256:0,4
tool flushcontext -t
tool flushcontext -l

# --- quotes
tool createek -G ecc -c ek.ctx
ok "attestation key" tool createak -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub -f pem
tool flushcontext -t
ok "quote" tool quote -c ak.ctx -l sha256:0,4 -q 0badc0de -m quote.msg -s quote.sig -o quote.pcrs
ok "  its signature and PCRs are right" tool checkquote -u ak.pub -m quote.msg -s quote.sig \
	-f quote.pcrs -g sha256 -q 0badc0de
ok "  and not for another nonce" refused checkquote -u ak.pub -m quote.msg -s quote.sig \
	-f quote.pcrs -g sha256 -q 0badc0df
tool flushcontext -t
tool flushcontext -l

# --- NV indices
ok "NV define" tool nvdefine -C o -s 9 -a "ownerread|ownerwrite" 0x1500001
ok "NV write" tool nvwrite -C o -i secret 0x1500001
is "NV read" "$(get nvread -C o -s 9 0x1500001)" "a secret"
tpm_reset
tool startup -c
is "NV read after a reset" "$(get nvread -C o -s 9 0x1500001)" "a secret"

# --- what the transport refuses
ok "locality 1 is refused" sim_is_refused "$(printf '%08x%02x%08x' 8 1 12)8001 0000000c 0000017b 0008"
ok "a size that is not the header's" sim_is_refused "$(printf '%08x%02x%08x' 8 0 12)8001 0000000d 0000017b 0008"
ok "a size above the buffer's" sim_is_refused "$(printf '%08x%02x%08x' 8 0 4088)"
ok "a number that is none" sim_is_refused "$(printf '%08x' 99)"
ok "it still serves" tool getrandom 8
tpm_stop
is "it ends when it is told to" "$tpm_status" 0
done_testing
