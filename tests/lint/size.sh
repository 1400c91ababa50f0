#!/bin/bash
# No file of C or assembly and no function is longer than a reader follows. These are the ends of the
# rule in docs/development.md, which is much shorter; tests/lint/size.except has what is longer, and why.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export FILE_MAX=400 FUNCTION_MAX=60
except=tests/lint/size.except
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# "FILE:LINE: what is too long": a function's lines are those between its braces, which stand alone.
long_find() { # FILE...
	awk '
		function file_check() { if (lines > ENVIRON["FILE_MAX"]) print name ":" lines ": the file has " lines " lines" }
		FNR == 1 { file_check(); name = FILENAME; start = 0 }
		{ lines = FNR }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start - 1 > ENVIRON["FUNCTION_MAX"])
				print name ":" start ": a function has " FNR - start - 1 " lines"
			start = 0
		}
		END { file_check() }' "$@"
}

# It must find what is there to be found, and no more.
function_make() { # LINES
	printf 'void f(void)\n{\n'
	yes ';' | head -n "$1"
	printf '}\n'
}
function_make $FUNCTION_MAX >"$scratch/right.c"
function_make $((FUNCTION_MAX + 1)) >"$scratch/function.c"
yes '//' | head -n $FILE_MAX >>"$scratch/function.c"
[[ $(long_find "$scratch"/right.c) == '' && $(long_find "$scratch"/{function,right}.c | wc -l) == 2 ]] || {
	echo "planted: $(long_find "$scratch"/*.c)"
	exit 1
}

mapfile -t files < <(git ls-files -co --exclude-standard '*.c' '*.h' '*.S' | while read -r f; do [[ -f $f ]] && echo "$f"; done)
long_find "${files[@]}" >"$scratch/long"
awk -v except="$except" '
	FILENAME == except {
		if ($0 ~ /^(#|$)/) next
		if (NF < 3) { print except ":" FNR ": no reason"; wrong = 1 }
		line[$1] = FNR
		next
	}
	{
		split($0, part, ":")
		seen[part[1]] = 1
		if (!(part[1] in line)) { print; wrong = 1 }
	}
	END {
		for (file in line)
			if (!(file in seen)) { print except ":" line[file] ": " file " is not too long any more"; wrong = 1 }
		exit wrong
	}' "$except" "$scratch/long"
