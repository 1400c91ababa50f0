#!/bin/bash
# What the documents point to exists: links and their headings, files, functions, make's targets,
# options of ./copra.
# shellcheck disable=SC2016 # the backticks are those of the documents
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
mapfile -t documents < <(git ls-files '*.md')
all=$(git ls-files -co --exclude-standard)
mapfile -t sources < <(git ls-files -co --exclude-standard '*.[chS]' '*.inc' '*.sh' '*.ld' guest/init copra)
# Linux has these
others=" sev_es_ap_hlt_loop __sev_get_ghcb watchdog_check_skew ktime_get_raw_fast_ns stop_machine multi_cpu_stop "
status=0
missing() { # DOCUMENT LINE TEXT
	echo "$1:$2: $3"
	status=1
}

# The anchors that GitHub makes of a document's headings.
anchors() {
	awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ +/, ""); print }' "$1" |
		tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# "LINE TEXT" of what the pattern finds, outside of fenced code
found() { # DOCUMENT PATTERN
	awk '/^```/ { code = !code; print ""; next } { print code ? "" : $0 }' "$1" |
		grep -noE -- "$2" | sed 's/:/ /'
}

links_check() { # DOCUMENT
	local line link path anchor file
	while read -r line link; do
		link=${link#](} link=${link%)}
		[[ $link == *://* ]] && continue
		path=${link%%#*} anchor=''
		[[ $link == *'#'* ]] && anchor=${link#*#}
		file=$1
		[[ $path ]] && file=$(dirname "$1")/$path
		if [[ ! -e $file ]]; then
			missing "$1" "$line" "no file $link"
		elif [[ $anchor ]] && ! anchors "$file" | grep -qxF -- "$anchor"; then
			missing "$1" "$line" "no heading #$anchor in $file"
		fi
	done < <(found "$1" '\]\([^) ]+\)')
}

# Paths in backticks that begin with a folder of ours; <name> and NAME stand for any.
paths_check() { # DOCUMENT
	local line path
	while read -r line path; do
		path=${path//\`/}
		[[ $path == *[\<\>\$\{]* || $path =~ (^|/)[A-Z]+(/|$) ]] && continue
		compgen -G "$path" >/dev/null || grep -qF -- "/$path" ./*/build.mk ||
			missing "$1" "$line" "no file $path"
	done < <(found "$1" '`(abi|docs|guest|hw|kernel|lib|machine|services|tests|tools|supply)/[^` ,;:]*`')
}

# The same without such a folder, as a folder is read: some file has that name.
names_check() { # DOCUMENT
	local line name pattern
	while read -r line name; do
		name=${name//\`/}
		pattern=${name//./\\.} pattern=${pattern//\*/[^/]*}
		grep -qE -- "(^|/)$pattern$" <<<"$all" || missing "$1" "$line" "no file $name"
	done < <(found "$1" '`[a-z0-9_*/-]+\.[chS]`')
}

functions_check() { # DOCUMENT
	local line name
	while read -r line name; do
		name=${name#\`} name=${name%%(*}
		[[ $others == *" $name "* ]] && continue
		grep -qw -- "$name" "${sources[@]}" || missing "$1" "$line" "no function $name()"
	done < <(found "$1" '`[a-z_][a-z0-9_]+\(\)`')
}

targets_check() { # DOCUMENT
	local line target
	while read -r line target; do
		target=${target##* }
		grep -qE "(^|[ :])$target( [^=]*)?:([^=]|$)" Makefile ./*/build.mk ./*/*/*.mk ||
			missing "$1" "$line" "make has no target $target"
	done < <(found "$1" '`make( -[a-zA-Z0-9]+)* [a-z][a-z-]+' | sed 's/`//')
}

options_check() { # DOCUMENT
	local line option
	while read -r line option; do
		grep -qF -- "$option" copra tools/launch/*.sh || missing "$1" "$line" "./copra has no option $option"
	done < <(found "$1" '`\./copra [^`]*`' | while read -r line option; do
		option=${option%% -- *}
		grep -oE -- ' --[a-z][a-z-]*' <<<"$option" | sed "s/^/$line/"
	done)
}

for document in "${documents[@]}"; do
	links_check "$document"
	paths_check "$document"
	names_check "$document"
	functions_check "$document"
	targets_check "$document"
	options_check "$document"
done
exit $status
