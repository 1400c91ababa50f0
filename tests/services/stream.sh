#!/bin/bash
# The template and the vTPM, one request after the other: the programs for Linux, and those for the
# SVSM with a stand-in for its kernel that allows them the system calls of docs/services.md and no
# others.
# shellcheck source=tests/guest/lib.sh
source "$(dirname "$0")/../guest/lib.sh"
ask=build/services/test/ask
standin=build/services/test/standin
export STANDIN_LIST=$scratch/calls

refused='80000005 0 0 0'
no_call='80000002 0 0 0'
no_protocol='80000001 0 0 0'

# service NAME COMMAND...: what the requests on standard input give; its own messages go to the log.
service() { timeout 100 "$ask" "$@"; }

template() { # NAME COMMAND...
	local name=$1
	shift
	is "$name: it answers and refuses" "$(service "$@" <<-'END'
	c0000000 0 5
	c0000000 0 7
	c0000000 1 0 61 62 63
	c0000000 1 0
	c0000000 1 0 pad:65 61
	c0000000 2 0
	c0000001 0 0
	0 0 0
	c0000000 0 ffffffffffffffff
	c0000000 0 0
	END
	)" "0 5 0 0
0 c 0 0
0 0 0 0 636261
$refused
$refused
$no_call
$no_protocol
$no_protocol
80000005 ffffffffffffffff 0 0
0 c 0 0"
}

# A guest's page: platform command 8, locality 0, size, and the TPM's command.
startup='pad:4096 08000000 00 0c000000 8001 0000000c 00000144 0000'
self_test='pad:4096 08000000 00 0b000000 8001 0000000b 00000143 01'
ek_read='pad:4096 08000000 00 0e000000 8001 0000000e 00000173'

vtpm() { # NAME COMMAND...
	local name=$1 out
	shift
	out=$(service "$@" <<-END
	2 0 0
	2 1 0 $startup
	2 1 0 $startup
	2 1 0 $self_test
	2 1 0 $ek_read 81010001
	2 1 0 $ek_read 8101000a
	2 1 0 $ek_read 81010016
	2 1 0 pad:4096 07000000 00 0c000000 8001 0000000c 0000017b 0008
	2 1 0 pad:4096 08000000 01 0c000000 8001 0000000c 0000017b 0008
	2 1 0 pad:4096 08000000 00 f80f0000 8001 00000ff8 0000017b 0008
	2 1 0 pad:4096 08000000 00 0c000000 8001 0000000d 0000017b 0008
	2 2 0
	3 0 0
	2 1 0 pad:4096 08000000 00 0c000000 8001 0000000c 0000017b 0008
	END
	)
	is "$name: query and commands" "$(sed -n '1,4p' <<<"$out")" "0 100 0 0
0 0 0 0 0a00000080010000000a00000000
0 0 0 0 0a00000080010000000a00000100
0 0 0 0 0a00000080010000000a00000000"
	# size, response header, and the beginning of TPM2B_PUBLIC: size, type, hash
	is "$name: endorsement keys" \
		"$(sed -n '5,7s/^0 0 0 0 ....0000\(8001........00000000\)....\(........\).*/\2/p' <<<"$out")" \
		"0001000b
0023000b
0023000c"
	is "$name: what it refuses" "$(sed -n '8,13p' <<<"$out")" "$refused
$refused
$refused
$refused
$no_call
$no_protocol"
	ok "$name: it still serves" grep -qE '^0 0 0 0 1400000080010000001400000000' <(sed -n 14p <<<"$out")
}

template 'template on Linux' build/services/template-linux --stream
template 'template of the SVSM' "$standin" build/services/template
is 'palindrome on Linux: it asks the template, and keeps count' \
	"$(service build/services/palindrome-linux --stream service:0xc0000000:build/services/template-linux \
		namespace:4096 <<-'END'
		c0000001 0 0 61 62 61
		c0000001 0 0 61 62
		c0000001 0 0 61 61
		c0000001 0 0
		c0000001 0 0 pad:65 61
		c0000001 1 0
		END
	)" "0 1 1 0
0 0 1 0
0 1 2 0
$refused
$refused
$no_call"
is '  without the objects' "$(service build/services/palindrome-linux --stream <<<'c0000001 0 0 61')" \
	'80000006 0 0 0'
vtpm 'vtpm on Linux' build/services/vtpm-linux --stream
vtpm 'vtpm of the SVSM' "$standin" build/services/vtpm
listed() { awk -F '`' '/^\| system call / { on = 1 } !/^\|/ { on = 0 } on && /^\| `/ { print $2 }' docs/services.md; }
is 'the system calls of the vTPM are those of docs/services.md' "$(sort "$STANDIN_LIST")" \
	"$(listed | grep -vxE 'write|exit_group' | sort)"

# --- wrong use
status_of() { # COMMAND...
	local status=0
	timeout 60 "$@" </dev/null >/dev/null 2>"$scratch/err" || status=$?
	echo "$status"
}
for name in template vtpm; do
	is "$name of the SVSM, on Linux" "$(status_of "build/services/$name")" 1
	ok "  says where it belongs" grep -q "on Linux use $name-linux" "$scratch/err"
	is "$name-linux without an option" "$(status_of "build/services/$name-linux")" 2
	ok "  says what there is" grep -q -- --stream "$scratch/err"
done
is 'vtpm-linux with a port that is none' "$(status_of build/services/vtpm-linux --tcp 65535)" 2
ok '  says which there are' grep -q 'must be a port from 0 to 65534' "$scratch/err"
is 'an object that is none' "$(status_of build/services/palindrome-linux --stream disk)" 2
ok '  says which there are' grep -q 'not service:PROTOCOL:PROGRAM, namespace:SIZE, key or device' "$scratch/err"
is 'half a message' "$(head -c 40 /dev/zero | build/services/template-linux --stream 2>&1; echo $?)" \
	'template: the input ends after 40 bytes of a message
2'
is 'a message that is too large' "$( (head -c 68 /dev/zero; printf '\001\020\000\000') |
	build/services/template-linux --stream 2>&1; echo $?)" 'template: a message of 4097 bytes: at most 4096
2'
done_testing
