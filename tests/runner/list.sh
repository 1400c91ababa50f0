# shellcheck shell=bash
# The list of tests: one index for each, in the arrays below.
WHEN=() TIER=() CPUS=() MEM=() LIMIT=() NAME=() COMMAND=()
LIST_ERRORS=()
PENDING=() # indices of what is to run

list_read() {
	local line number=0
	[[ -r $LIST ]] || refuse "$LIST: cannot read the list of tests"
	while IFS= read -r line || [[ $line ]]; do
		number=$((number + 1))
		[[ $line =~ ^[[:blank:]]*(#|$) ]] || list_line "$line" || LIST_ERRORS+=("$LIST line $number: $list_error")
	done <"$LIST"
	return 0
}

list_line() { # LINE
	local when tier cpus mem limit name command
	read -r when tier cpus mem limit name command <<<"$1"
	list_error="seven columns are needed: WHEN TIER CPUS MEM SECONDS NAME COMMAND"
	[[ $command ]] || return
	list_error="WHEN is '$when', not quick or full"
	[[ $when == quick || $when == full ]] || return
	list_error="CPUS, MEM, SECONDS are '$cpus $mem $limit', not three numbers"
	[[ $cpus =~ ^[1-9][0-9]{0,3}$ && $mem =~ ^[0-9]{1,8}$ && $limit =~ ^[1-9][0-9]{0,5}$ ]] || return
	list_error="'$tier' or '$name' holds something else than letters, digits, hyphens"
	[[ $tier$name =~ ^[A-Za-z0-9-]+$ ]] || return
	list_error="the name $name is there already"
	[[ " ${NAME[*]} " != *" $name "* ]] || return
	WHEN+=("$when") TIER+=("$tier") CPUS+=("$cpus") MEM+=("$mem") LIMIT+=("$limit")
	NAME+=("$name") COMMAND+=("$command")
}

# A word means a name, the beginning of names up to a hyphen, a tier, or a pattern.
word_means() { # WORD INDEX
	# shellcheck disable=SC2053 # a pattern
	[[ ${NAME[$2]} == $1 || ${NAME[$2]} == "$1"-* || ${TIER[$2]} == "$1" ]]
}

list_select() {
	local word i found wanted
	for word in "${WORDS[@]}"; do
		found=
		for i in "${!NAME[@]}"; do
			word_means "$word" "$i" && found=1 && break
		done
		[[ $found ]] || refuse "no test '$word'$(list_near "$word") (tests/run.sh --list)"
	done
	for i in "${!NAME[@]}"; do
		[[ $QUICK && ${WHEN[i]} != quick ]] && continue
		wanted=$((${#WORDS[@]} == 0))
		for word in "${WORDS[@]}"; do
			word_means "$word" "$i" && wanted=1
		done
		((wanted)) && PENDING+=("$i")
	done
	return 0
}

# Names that hold the word, or differ from it by few letters.
list_near() { # WORD
	printf '%s\n' "${NAME[@]}" | awk -v word="$1" '
		function min(a, b) { return a < b ? a : b }
		function distance(a, b,   i, j, d) {
			for (i = 0; i <= length(a); i++) d[i, 0] = i
			for (j = 0; j <= length(b); j++) d[0, j] = j
			for (i = 1; i <= length(a); i++)
				for (j = 1; j <= length(b); j++)
					d[i, j] = min(min(d[i-1, j], d[i, j-1]) + 1,
						d[i-1, j-1] + (substr(a, i, 1) != substr(b, j, 1)))
			return d[length(a), length(b)]
		}
		index($0, word) || distance($0, word) <= length(word) / 3 ||
			distance(substr($0, 1, length(word)), word) <= length(word) / 3 {
			if (++n <= 8) near = near (n > 1 ? ", " : "") $0
		}
		END { if (n) printf "; near: %s", near }'
}

list_print() {
	local i
	printf '%-5s %-12s %-28s %5s %9s %8s\n' WHEN TIER NAME CPUS 'MEM (MiB)' 'LIMIT (s)'
	for i in "${PENDING[@]}"; do
		printf '%-5s %-12s %-28s %5s %9s %8s\n' "${WHEN[i]}" "${TIER[i]}" "${NAME[i]}" "${CPUS[i]}" \
			"${MEM[i]}" "${LIMIT[i]}"
	done
}

# Longest first, so that no long test begins when all others have ended: by the time of an earlier
# run, else by the limit.
list_order() {
	local i known
	known=$(cat "$LOGS.known" 2>/dev/null)
	mapfile -t PENDING < <(for i in "${PENDING[@]}"; do
		echo "$i ${NAME[i]} ${LIMIT[i]}"
	done | awk -v known="$known" '
		BEGIN {
			count = split(known, line, "\n")
			for (i = 1; i <= count; i++) {
				split(line[i], field, "\t")
				seconds[field[1]] = field[2]
			}
		}
		{ print ($2 in seconds ? seconds[$2] : $3 / 10), $1 }' | sort -k1,1gr -k2,2n | cut -d' ' -f2)
}
