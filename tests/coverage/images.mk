# SPDX-License-Identifier: MIT
# `make coverage`: which lines of kernel, lib and tools the tests run, on the build machine and in the
# SVSM (docs/testing.md). gcc counts; all outputs are below build/coverage.
COVERAGE := $(B)/coverage
COVERAGE_CFLAGS := $(KERNEL_CFLAGS) -fprofile-arcs -ftest-coverage -fprofile-update=atomic \
	-fprofile-info-section=coverage_list -Wno-frame-larger-than
coverage_objects = $(patsubst %.c,$(COVERAGE)/kernel-obj/%.o,$(1))
COVERAGE_KERNEL := $(call coverage_objects,$(KERNEL_SRCS)) $(KERNEL_ASM:%.S=$(B)/kernel-obj/%.o)
# What writes the counters out is not counted itself.
COVERAGE_DUMP := $(B)/kernel-obj/tests/coverage/dump.o
COVERAGE_SERVE := $(B)/kernel-obj/tests/coverage/serve.o

$(COVERAGE)/kernel-obj/%.o: %.c kernel/build.mk tests/coverage/images.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)gcc $(COVERAGE_CFLAGS) $(DEPFLAGS) -c $< -o $@

# The list of counters needs a place in the image, and names for where it begins and ends.
$(COVERAGE)/kernel.ld: kernel/kernel.ld
	@mkdir -p $(@D)
	$(Q)sed "s/^.*ex_table_start = .*/coverage_start = .; KEEP(*(coverage_list)) coverage_end = .; &/" $< >$@

$(COVERAGE)/svsm-test.elf $(COVERAGE)/kernel.elf: \
	KERNEL_LD := $(subst kernel/kernel.ld,$(COVERAGE)/kernel.ld,$(KERNEL_LD))
COVERAGE_SUITE := $(filter-out %/coverage_off.o,$(SUITE_OBJS)) \
	$(filter-out %/kernel/role_serve.o,$(COVERAGE_KERNEL))

$(COVERAGE)/svsm-test.elf: $(COVERAGE_SUITE) $(COVERAGE_DUMP) $(KERNEL_LINK_NEEDS) $(COVERAGE)/kernel.ld
	$(call kernel_link,$(COVERAGE_SUITE) $(COVERAGE_DUMP),$(suite_wrap))

# The SVSM itself: writes them when the guest asks for it, and when it ends.
$(COVERAGE)/kernel.elf: $(COVERAGE_KERNEL) $(COVERAGE_DUMP) $(COVERAGE_SERVE) $(KERNEL_LINK_NEEDS) \
		$(COVERAGE)/kernel.ld
	$(call kernel_link,$(COVERAGE_KERNEL) $(COVERAGE_DUMP) $(COVERAGE_SERVE), \
		--wrap=protocol_find --wrap=role_ending)

$(COVERAGE)/svsm-test.igvm: $(COVERAGE)/svsm-test.elf $(COPRA_IGVM)
	$(Q)$(COPRA_IGVM) build --kernel $< -o $@

$(COVERAGE)/test-guest.igvm: $(COVERAGE)/kernel.elf $(B)/test-guest.fd $(COPRA_IGVM)
	$(Q)$(COPRA_IGVM) build --kernel $< --firmware $(B)/test-guest.fd -o $@

.PHONY: coverage coverage-build
coverage-build: $(COVERAGE)/svsm-test.igvm $(COVERAGE)/test-guest.igvm
coverage:
	+@tests/coverage/run.sh

-include $(patsubst %.o,%.d,$(call coverage_objects,$(KERNEL_SRCS))) $(COVERAGE_DUMP:.o=.d) $(COVERAGE_SERVE:.o=.d)
