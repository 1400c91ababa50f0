#!/bin/bash
# Each structure of hw/ and abi/ has its size asserted, and the place of at least one field where
# there are several: they cross a boundary, where a number that moved is not seen by any compiler.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
status=0
while read -r header; do
	awk -v header="$header" '
		/^struct [a-z0-9_]+ \{/ { name = $2; line[name] = FNR; fields[name] = 0; open = 1; next }
		/^\}/ { open = 0 }
		open { fields[name] += gsub(/;/, ";") + gsub(/,/, ",") }
		{ text = text $0 "\n" }
		END {
			for (name in line) {
				if (text !~ "(ASSERT_SIZE|sizeof)\\(struct " name "[,)]")
					print header ":" line[name] ": the size of struct " name " is not asserted"
				if (fields[name] > 1 && text !~ "(ASSERT_OFFSET|offsetof)\\(struct " name ",")
					print header ":" line[name] ": no field of struct " name " is asserted"
			}
		}' "$header"
done < <(git ls-files -co --exclude-standard 'hw/*.h' 'abi/*.h') | grep . && status=1
exit $status
