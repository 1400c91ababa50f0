# SPDX-License-Identifier: MIT
# For tidy.sh: clang-tidy over each file of FILES whose source, headers, flags or checks changed since
# it was clean; flags are in OUT/<file>.flags, and OUT/<file>.ok says that it was.
OUT := build/lint/tidy
SHELL := /bin/bash -o pipefail
.SUFFIXES:
.DELETE_ON_ERROR:
CHECKS := .clang-tidy $(wildcard */.clang-tidy)

all: $(FILES:%=$(OUT)/%.ok)

$(OUT)/%.ok: % $(OUT)/%.flags $(CHECKS)
	@clang-tidy --quiet $< -- $$(<$(OUT)/$<.flags) 2>&1 | { grep -v ' warnings\? generated' || true; }
	@clang $$(<$(OUT)/$<.flags) -M -MP -MT $@ -MF $(OUT)/$<.d $<
	@touch $@

-include $(wildcard $(FILES:%=$(OUT)/%.d))
