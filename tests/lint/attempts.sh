#!/bin/bash
# The attempts of a hostile service (docs/threat-model.md): each row names a test, and each test that is
# named exists. `GROUP: TITLE` is of the suite inside the kernel, `unit: FUNCTION` of the build machine,
# `NAME` of tests/list.
# shellcheck disable=SC2016 # the backticks are those of the document
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
document=docs/threat-model.md
declare -A group_of=() # title: its groups, each between blanks
rows=0 status=0
complain() { # LINE TEXT
	echo "$document:$1: $2"
	status=1
}

for file in tests/svsm/test_*.c; do
	group=$(sed -nE 's/^TEST_GROUP\(.*, "(.*)"\);$/\1/p' "$file" | head -n 1)
	while read -r title; do
		group_of[$title]+=" $group "
	done < <(sed -nE 's/^\tTEST\("([^"]*)".*/\1/p' "$file")
done

test_exists() { # NAME
	local group=${1%%: *} title=${1#*: }
	case $1 in
	'unit: '*) grep -qE "cmocka_unit_test[a-z_]*\(${title}[,)]" tests/{unit,host,services}/test_*.c ;;
	*': '*) [[ ${group_of[$title]:-} == *" $group "* ]] ;;
	*) grep -qE "^(quick|full) +[a-z]+ +[0-9]+ +[0-9]+ +[0-9]+ +$1 " tests/list ;;
	esac
}

while IFS='|' read -r number _ attempt outcome _ tests _; do
	[[ $attempt == ' attempt ' || $attempt == ---* ]] && continue
	rows=$((rows + 1))
	[[ ${outcome// /} ]] || complain "$number" "no outcome:$attempt"
	[[ $tests == *'`'* || $tests == ' none: '* ]] || complain "$number" "no test:$attempt"
	while read -r name; do
		test_exists "$name" || complain "$number" "no test $name"
	done < <(grep -oE '`[^`]+`' <<<"$tests" | tr -d '`')
done < <(awk '/^## / { on = /Service against the SVSM/ } on && /^\|/ { print NR "|" $0 }' "$document")

((rows > 20)) || complain 1 "the table of attempts was not found: $rows rows"
exit $status
