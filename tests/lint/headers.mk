# SPDX-License-Identifier: MIT
# For headers.sh: HEADERS with gcc and clang, SOURCES with clang, those that changed since they were right.
OUT := build/lint/headers
SHELL := /bin/bash
.SUFFIXES:
.DELETE_ON_ERROR:
FLAGS := -std=gnu17 -Wall -Wextra -Werror -I. -fsyntax-only -DBARE_IMAGE_GPA=0 -x c
ALONE := -Wno-unused-function
BARE := -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -Wshadow -Wmissing-prototypes
OKS := $(HEADERS:%=$(OUT)/gcc/%.ok) $(HEADERS:%=$(OUT)/clang/%.ok) $(SOURCES:%=$(OUT)/bare/%.ok)

all: $(OKS)

# look COMPILER FLAGS
define look
	@mkdir -p $(@D)
	@$(1) $(FLAGS) $(2) -MD -MP -MT $@ -MF $(@:.ok=.d) $< || { echo "$(1): $<"; exit 1; }
	@touch $@
endef
$(OUT)/gcc/%.ok: %
	$(call look,gcc,$(ALONE))
$(OUT)/clang/%.ok: %
	$(call look,clang,$(ALONE))
$(OUT)/bare/%.ok: %
	$(call look,clang,$(BARE))

-include $(wildcard $(OKS:.ok=.d))
