# The table of times by tier, from lines of times.tsv in the order of their beginning.
{
	tier = $2
	if (!(tier in tests)) order[++tiers] = tier
	from = $3 > until[tier] ? $3 : until[tier]
	if ($4 > from) {
		wall[tier] += $4 - from
		until[tier] = $4
	}
	tests[tier]++
	processor[tier] += $5
	lines[tier] += $6 + $7 + $8
	took[tier, tests[tier]] = $4 - $3
	named[tier, tests[tier]] = $1
}
function slowest(tier,   text, n, i, best) {
	for (n = 0; n < 3 && n < tests[tier]; n++) {
		best = 0
		for (i = 1; i <= tests[tier]; i++)
			if (took[tier, i] != "" && (!best || took[tier, i] > took[tier, best])) best = i
		text = text (n ? ", " : "") named[tier, best] sprintf(" %.1f", took[tier, best] / 1000)
		took[tier, best] = ""
	}
	return text
}
function row(name, seconds, processor, tests, lines, text) {
	printf "# %-12s %8.1f %8.1f %6d %6d  %s\n", name, seconds, processor, tests, lines, text
}
BEGIN { printf "# %-12s %8s %8s %6s %6s  %s\n", "tier", "seconds", "cpu s", "tests", "lines", "slowest (s)" }
END {
	for (i = 1; i <= tiers; i++) {
		tier = order[i]
		row(tier, wall[tier] / 1000, processor[tier], tests[tier], lines[tier], slowest(tier))
		all_tests += tests[tier]
		all_lines += lines[tier]
		all_processor += processor[tier]
	}
	row("all", whole / 1000, all_processor, all_tests, all_lines, "")
}
