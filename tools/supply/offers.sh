# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the configured suites offer now, through a private apt with fresh lists.
# A table of offers has tab-separated columns: package version source source-version.
source tools/supply/lib.sh
source tools/apt-private.sh

# read_offers ORIGIN [SOURCES]: writes the table build/supply/offers-ORIGIN. The machine's own sources
# when none are given. Fails when not all of them could be read.
read_offers() {
	local apt
	apt=$(realpath -m "$supply/apt-$1")
	apt_private_make "$apt" "${2:-}"
	if ! timeout 300 env APT_CONFIG="$apt/apt.conf" apt-get -q -o Acquire::http::Timeout=30 \
		-o Acquire::https::Timeout=30 -o Acquire::Retries=1 update </dev/null >"$apt/log" 2>&1; then
		grep -E '^(Err|E|W)' "$apt/log" | head -5 >&2
		return 1
	fi
	# The candidate of each package: backports and the like, which apt takes only when told to, are
	# none. Names end where the next record begins.
	apt_private "$apt" cache dumpavail | awk '
	function finish() {
		if (package != "") print package "\t" version "\t" (source == "" ? package : source) "\t" \
			(source_version == "" ? version : source_version)
		package = version = source = source_version = ""
	}
	/^Package: / { finish(); package = $2 }
	/^Version: / { version = $2 }
	/^Source: / { source = $2; source_version = $3; gsub(/[()]/, "", source_version) }
	END { finish() }' >"$supply/offers-$1"
	[[ -s $supply/offers-$1 ]]
}

# The names of the archives that were read, as their signed files call themselves.
suites_read() { # ORIGIN
	sed -n 's/^Suite: //p; s/^Codename: //p' "$supply/apt-$1"/state/lists/*Release 2>/dev/null |
		sort -u | xargs
}

# suite_of ORIGIN PACKAGE: where apt would take it from.
suite_of() {
	apt_private "$supply/apt-$1" cache policy "$2" | awk '
		$1 == "Candidate:" { v = $2 }
		found { print $3; exit }
		$1 == v { found = 1 }'
}

# newest ORIGIN PACKAGE: its version as offered.
newest() {
	awk -F'\t' -v p="$2" '$1 == p { print $2; found = 1; exit } END { exit !found }' "$supply/offers-$1"
}

# newest_source ORIGIN SOURCE: the newest version that any package is built from; and that package.
newest_source() {
	local name best='' version package
	while IFS=$'\t' read -r name version; do
		if [[ -z $best ]] || dpkg --compare-versions "$version" gt "$best"; then
			best=$version package=$name
		fi
	done < <(awk -F'\t' -v s="$2" '$3 == s { print $1 "\t" $4 }' "$supply/offers-$1" |
		sort -t $'\t' -k2,2 -u)
	[[ $best ]] && printf '%s\t%s\n' "$best" "$package"
}
