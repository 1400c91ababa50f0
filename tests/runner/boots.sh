#!/bin/bash
# Boots as tests: a run that ends in another way than expected fails, and what it left is kept.
# shellcheck disable=SC2016,SC2119 # the runner expands; it can go without arguments
# shellcheck source=tests/runner/lib.sh
source "$(dirname "$0")/lib.sh"
image=build/conformance.igvm

# The last one is a firmware that finds nothing to start: it does not end, and so begins first.
printf "hang\t100\n" >"$scratch/logs.known"
runner --jobs 3 <<LIST
quick v 1 512 60 good       tests/boot.sh $image stopped case=read-denied --says 'may not read'
quick v 1 512 60 other-end  tests/boot.sh $image terminated case=read-denied
quick v 1 512 60 other-text tests/boot.sh $image stopped case=read-denied --says 'may not write'
quick v 1 512 60 no-case    tests/boot.sh $image stopped case=nonsense
quick v 1 512 60 no-tests   tests/boot.sh $image passed case=read-denied
quick v 2 512 60 two-cpus   tests/boot.sh build/test-guest.igvm terminated
quick v 1 512 60 digest     tests/boot.sh $image passed case=vc32-pae --digest
quick v 1 512 60 no-image   tests/boot.sh build/none.igvm passed
quick v 1 512 60 no-end     tests/boot.sh $image happily
quick v 1 512 60 option     tests/boot.sh $image passed --loudly
quick v 1 512 20 hang       tests/boot.sh build/copra.igvm passed
LIST
is "exit status" "$status" 1
has "expected end" 'ok [0-9]+ - good: the run.s end is: stopped .*'
has "expected text" 'ok [0-9]+ - good: machine says: may not read'
has "another end" 'not ok [0-9]+ - other-end: the run.s end is: terminated .*'
has "another text" 'not ok [0-9]+ - other-text: machine says: may not write'
has "a case that does not exist" 'not ok [0-9]+ - no-case: the run.s end is: stopped .*'
has "the program's words about it" '# +# Bail out! no case nonsense'
has "no TAP" 'not ok [0-9]+ - no-tests: tests as many as planned'
has "a digest that is not reported" 'not ok [0-9]+ - digest: launch digest .*'
has "no image" 'not ok [0-9]+ - no-image # exit status 2, .*'
has "no such end" 'not ok [0-9]+ - no-end # exit status 2, .*'
has "no such option" 'not ok [0-9]+ - option # exit status 2, .*'
has "a VM that hangs" "not ok [0-9]+ - hang: the run.s end is: passed .*"
has "says for how long" "# +# the VM was still running after 10 s"

is "good: only the output is kept" "$(ls "$scratch/logs/good")" log
for file in machine.log svsm.log trace.log qemu.log command status; do
	ok "other-end: $file is kept" test -e "$scratch/logs/other-end/$file"
done
is "QEMU's status" "$(cat "$scratch/logs/other-end/status")" 67
ok "call chain with the names of the test's program" \
	grep -q 'test_main at main.c' "$scratch/logs/other-end/log"
ok "QEMU's command line" grep -q -- "igvm.*-fw_cfg name=opt/copra/case" "$scratch/logs/other-end/command"
ok "the exit trace ends with the exit that stopped the VM" \
	grep -q 'cpu0 vmpl2 .* NPF' <(tail -n 1 "$scratch/logs/other-end/trace.log")
ok "two CPUs: the last 4096 lines of the trace, none cut" \
	test "$(grep -cE '^\[ *[0-9.]+\] cpu[01] vmpl[02] .* 0x[0-9a-f]+$' "$scratch/logs/two-cpus/trace.log")" = 4096
ok "hang: registers" grep -q 'VMPL2: RIP 0x' "$scratch/logs/hang/machine.log"
done_testing
