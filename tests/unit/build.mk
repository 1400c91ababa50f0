# SPDX-License-Identifier: MIT
# Unit tests on the build machine: each tests/unit/test_*.c is a cmocka program, built with the
# address and undefined-behaviour sanitizers. `make unit` builds and runs all, output is TAP.
#   UNIT_SRCS_<name>   sources that tests/unit/test_<name>.c needs besides lib/ and helpers
#   UNIT_ARGS_<name>   its arguments
#   UNIT_SANITIZE=     without sanitizers, for a compiler that lacks their libraries
#   UNIT_SEED=N        start value of the random tests; each prints the one it used
B ?= build
CFLAGS_COMMON ?= -std=gnu17 -Wall -Wextra -Werror -O2 -g -I.
CFLAGS_HOST ?= $(CFLAGS_COMMON) -D_GNU_SOURCE -fstack-protector-strong
DEPFLAGS ?= -MMD -MP

UNIT := $(B)/unit
UNIT_SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all
# Samples lie on the stack, and sanitizers keep distance between variables.
UNIT_CFLAGS = $(CFLAGS_HOST) $(UNIT_SANITIZE) -fno-omit-frame-pointer -Wframe-larger-than=262144
UNIT_TESTS := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_PROGRAMS := $(UNIT_TESTS:%=$(UNIT)/test_%)
UNIT_SHARED_SRCS := $(LIB_SRCS) $(filter-out tests/unit/test_%,$(sort $(wildcard tests/unit/*.c)))
unit_objects = $(patsubst %.c,$(UNIT)/%.o,$(1))

# lib/string.c replaces the C library's functions, so here its own have other names.
UNIT_STRING_NAMES := memcpy memmove memset memcmp strlen strnlen strcmp strncmp
$(UNIT)/lib/string.o: UNIT_CFLAGS += -ffreestanding -fno-sanitize=all \
	$(foreach name,$(UNIT_STRING_NAMES),-D$(name)=copra_$(name))
UNIT_SRCS_string := lib/string.c

# Parts of the software machine that need no processor
UNIT_SRCS_decode := machine/cpu/decode.c
UNIT_SRCS_options := machine/base/options.c
UNIT_SRCS_walk := machine/cpu/walk.c
UNIT_SRCS_rmp := machine/cpu/rmp.c
UNIT_SRCS_dump := machine/debug/dump.c

# The tool itself, with sanitizers, for the tests that run it.
UNIT_SRCS_digest := tools/igvm/digest.c
UNIT_SRCS_native_loader := $(wildcard kernel/native/loader/*.c) kernel/madt.c tests/unit/native/given.c
UNIT_SRCS_native_refusals := $(UNIT_SRCS_native_loader)
UNIT_ARGS_build := $(UNIT)/copra-igvm
UNIT_ARGS_build_files := $(UNIT)/copra-igvm
UNIT_ARGS_measure := $(UNIT)/copra-igvm
UNIT_SRCS_user_area := kernel/user/area.c
UNIT_ARGS_build_services := $(UNIT)/copra-igvm
UNIT_ARGS_build_objects := $(UNIT)/copra-igvm
$(UNIT)/copra-igvm: $(call unit_objects,$(COPRA_IGVM_SRCS))
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $^ -o $@

$(UNIT)/%.o: %.c tests/unit/build.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(DEPFLAGS) -c $< -o $@

define unit_program
$(UNIT)/test_$(1): $(call unit_objects,tests/unit/test_$(1).c $(UNIT_SRCS_$(1)) $(UNIT_SHARED_SRCS))
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(UNIT_CFLAGS) $$^ -lcmocka -o $$@
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call unit_program,$(test))))

.PHONY: unit unit-build unit-run
unit-build: $(UNIT_PROGRAMS) $(HOST_PROGRAMS) $(UNIT)/copra-igvm
# Each by itself, two or more at a time; what one prints comes in one piece.
UNIT_RUNS := $(UNIT_TESTS:%=unit-run/%) $(HOST_TESTS:%=unit-run/kernel/%)
.PHONY: $(UNIT_RUNS)
$(HOST_TESTS:%=unit-run/kernel/%): unit-run/kernel/%:
	$(Q)echo "# kernel on the build machine: $*"; CMOCKA_MESSAGE_OUTPUT=TAP $(HOST)/test_$*
$(UNIT_TESTS:%=unit-run/%): unit-run/%:
	$(Q)echo "# unit: $*"; CMOCKA_MESSAGE_OUTPUT=TAP $(UNIT)/test_$* $(UNIT_ARGS_$*)
unit-run: $(UNIT_RUNS)
unit: unit-build
	+$(Q)$(MAKE) -k -j$$(nproc) --output-sync=target unit-run

-include $(patsubst %.o,%.d,$(call unit_objects,$(UNIT_SHARED_SRCS) $(COPRA_IGVM_SRCS) $(UNIT_SRCS_native_loader) \
	$(wildcard tests/unit/test_*.c) lib/string.c))

include tests/unit/psp.mk
