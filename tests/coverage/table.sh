#!/bin/bash
# The coverage of each file and folder, from lcov's files:  tests/coverage/table.sh FOLDER
# Build machine and SVSM compile a file differently: its lines are those that either of them has.
set -euo pipefail
counts() { # FILE: name, lines, covered
	awk -F: -v top="$PWD/" '
		$1 == "SF" { name = $2; sub(top, "", name) }
		$1 == "LF" { lines = $2 }
		$1 == "LH" { print name, lines, $2 }' "$1" | sort
}

join -a1 -e 0 -o 0,1.2,1.3,2.3 <(counts "$1/all.info") <(counts "$1/host.info") |
	join -a1 -e 0 -o 0,1.2,1.3,1.4,2.3 - <(counts "$1/svsm.info") |
	sed -E 's|^(.*)/([^/ ]*) |\1 \2 |' | sort -k1,1 -k2,2 |
	awk '
	function row(name, n, c, h, s) {
		printf "%-38s %6d %7d %6.1f   %6d %6d\n", name, n, c, n ? c * 100 / n : 100, h, s
	}
	function total(of, title) {
		row(title, lines[of], covered[of], host[of], svsm[of])
	}
	function add(of) {
		lines[of] += $3
		covered[of] += $4
		host[of] += $5
		svsm[of] += $6
	}
	BEGIN {
		printf "%-38s %6s %7s %6s   %6s %6s\n", "file", "lines", "covered", "%", "host", "SVSM"
	}
	$1 != now && now != "" {
		total(now, now "/")
		print ""
	}
	{
		now = $1
		row($1 "/" $2, $3, $4, $5, $6)
		add($1)
		part = $1
		sub(/\/.*/, "", part)
		add("all " part)
	}
	END {
		total(now, now "/")
		print ""
		total("all kernel", "kernel, all folders")
		total("all lib", "lib")
		total("all tools", "tools")
	}'
