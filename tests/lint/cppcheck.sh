#!/bin/bash
# cppcheck finds nothing, in the C files that the build compiles and with the macros and folders
# they are compiled with. What is not looked for stands in cppcheck.suppress, each with its reason.
# Results are kept in build/lint/cppcheck/: a file is looked at again when what it holds, its
# headers' text included, changes; all are when this script, the suppressions or cppcheck change.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/cppcheck
suppress=tests/lint/cppcheck.suppress
# cppcheck takes no compiler's macros by itself, and knows the attribute but not C11's word for it.
options=(--quiet "--enable=warning,style,performance,portability" --inline-suppr --error-exitcode=1
	--std=c11 --platform=unix64 --suppressions-list="$suppress"
	--template='{file}:{line}: {severity}: {message} [{id}]'
	-D__x86_64__=1 -D__GNUC__=12 '-D_Noreturn=__attribute__((noreturn))')

# Each entry has its reason in the comment right above it, and names files that exist.
reasons_check() {
	local line number=0 above='' status=0
	while IFS= read -r line; do
		number=$((number + 1))
		if [[ $line && $line != '#'* ]]; then
			[[ $above =~ ^#\ .*[a-z]{3} ]] ||
				{ echo "$suppress:$number: no reason above $line"; status=1; }
			[[ $line != *:* || $(compgen -G "${line#*:}") ]] ||
				{ echo "$suppress:$number: no such file: ${line#*:}"; status=1; }
			[[ $line != '*'* ]] || { echo "$suppress:$number: all checks at once: $line"; status=1; }
		fi
		above=$line
	done <"$suppress"
	while IFS=: read -r file number line; do
		[[ $line =~ cppcheck-suppress\ +[A-Za-z]+\ +(//|;)\ *[a-z]{2} ]] && continue
		echo "$file:$number: no reason: // cppcheck-suppress CHECK // the reason"
		status=1
	done < <(git grep -nI --untracked '/[/*] *cppcheck-suppress' -- '*.[ch]')
	return "$status"
}

# FILE<tab>OPTIONS of cppcheck. The guest's module, which kbuild compiles, has no flags of ours.
sources() {
	tests/lint/sources.sh | awk -F '\t' '{
		count = split($2, flag, " "); mine = ""
		for (i = 1; i <= count; i++)
			if (flag[i] == "-include")
				mine = mine " --include=" flag[++i]
			else if (flag[i] ~ /^-[IDU]/)
				mine = mine " " flag[i]
		print $1 "\t" substr(mine, 2)
	}'
	printf '%s\t-D__KERNEL__\n' guest/{tpm_svsm,svsm_reboot}/*.c
}

# It must find what is there to be found, with these options.
bad_find() { # CHECK OPTION...: the source is on stdin
	local check=$1
	shift
	cat >"$out/bad.c"
	if cppcheck "${options[@]}" "$@" "$out/bad.c" >"$out/bad.log" 2>&1 ||
		! grep -qF "[$check]" "$out/bad.log"; then
		echo "cppcheck $* did not find $check:"
		cat "$out/bad.log"
		return 1
	fi
}

bad_find_all() {
	bad_find nullPointer "$@" <<-'C'
	int value(int wanted);
	int value(int wanted)
	{
		int *pointer = 0;

		return wanted > 3 ? *pointer : 1;
	}
	C
	bad_find arrayIndexOutOfBounds "$@" <<-'C'
	int value(void);
	int value(void)
	{
		int list[4] = {1, 2, 3, 4}, sum = 0;

		for (int i = 0; i <= 4; i++)
			sum += list[i];
		return sum;
	}
	C
}

reasons_check
mkdir -p "$out"
sum=$({ cat "$0" "$suppress" && cppcheck --version; } | sha256sum)
[[ -e $out/sum && $(<"$out/sum") == "$sum" ]] || rm -rf "$out"
mkdir -p "$out"
echo "$sum" >"$out/sum"

# One run for the files that share their options.
list=$(sources)
status=0
while IFS= read -r shared; do
	run=$out/$(sha256sum <<<"$shared" | cut -c 1-8)
	mkdir -p "$run"
	awk -F '\t' -v shared="$shared" '$2 == shared { print $1 }' <<<"$list" >"$run.files"
	read -ra flags <<<"$shared"
	bad_find_all "${flags[@]}"
	cppcheck -j2 --cppcheck-build-dir="$run" --file-list="$run.files" "${options[@]}" \
		"${flags[@]}" 2>&1 || status=1
done < <(cut -f 2 <<<"$list" | sort -u)
exit "$status"
