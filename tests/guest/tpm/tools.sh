# shellcheck shell=sh
# The TPM itself: random numbers, self-test, PCRs.
first=$(tpm2_getrandom --hex 32)
ok "tpm2_getrandom" test "${#first}" = 64 -a "$first" != "$(tpm2_getrandom --hex 32)"
ok "  by /dev/tpm0 itself" tpm2_getrandom -T device:/dev/tpm0 --hex 32
ok "tpm2_selftest -f" tpm2_selftest -f
is "  its result" "$(tpm2_gettestresult | awk '/status:/ { print $2 }')" success
is "tpm2_pcrread: banks and PCRs" "$(pcrs | awk '{ n[$1]++ } END { for (b in n) print b, n[b] }' | sort | xargs)" \
	"sha256 24 sha384 24"

digest=$(echo something | sha256sum | cut -d' ' -f1)
before=$(pcr sha256 15)
ok "tpm2_pcrextend" tpm2_pcrextend "15:sha256=$digest"
is "  as SHA-256 of both says" "$(pcr sha256 15)" \
	"$(echo "$before$digest" | bytes | sha256sum | cut -d' ' -f1 | tr a-f A-F)"
is "  Linux says the same" "$(cat /sys/class/tpm/tpm0/pcr-sha256/15)" "$(pcr sha256 15)"
is "manufacturer" "$(tpm2_getcap properties-fixed |
	awk '/MANUFACTURER/ { on = 1 } on && /value/ { print $2; exit }')" '"IBM"'
ok "endorsement keys are there" test "$(tpm2_getcap handles-persistent | wc -l)" = 3

ok "the program of the bench: each of its commands once" tpm-latency 0
is "  and a time of each" "$(awk -F'\t' 'NF == 5 && $2 == 1 && $3 > 0' said | wc -l)" 5
ok "  not another device" refused tpm-latency 0 /dev/null
