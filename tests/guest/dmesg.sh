#!/bin/bash
# The guest's kernel sees SEV, SEV-ES and SEV-SNP at VMPL2, and warns of nothing of which it does
# not warn on a plain machine.  tests/guest/dmesg.expected has patterns of what remains, each
# explained in docs/caveats.md.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/lib.sh"
logs=${TEST_DIR:-$scratch}

# Lines of warning level and above, without times, numbers and addresses.
warnings() { # FILE
	sed -nE 's/^<([0-4])>\[[^]]*\] */\1 /p' "$1" | sed -E 's/0x[0-9a-f]+/N/g; s/[0-9]+/N/g' | sort -u
}

platform=snp
copra --log "$logs/snp" -- true </dev/null
is "snp: exit status" $? 0
platform=plain
copra --log "$logs/plain" -- true </dev/null
is "plain: exit status" $? 0

log=$logs/snp/kernel.log
ok "SEV, SEV-ES and SEV-SNP are active" \
	grep -q 'Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP' "$log"
ok "running at VMPL2" grep -q 'SNP running at VMPL2' "$log"

warnings "$logs/plain/kernel.log" | cut -d' ' -f2- >"$scratch/known"
warnings "$log" | cut -d' ' -f2- | grep -vxFf "$scratch/known" |
	grep -vEf <(sed '/^#/d;/^$/d' tests/guest/dmesg.expected; echo '^$') >"$scratch/new"
ok "no warning that a plain boot does not have" test ! -s "$scratch/new"
sed 's/^/#   /' "$scratch/new"
ok "no stack trace" test -z "$(grep -E 'WARNING:|BUG:|Call Trace|Oops' "$log")"
done_testing
