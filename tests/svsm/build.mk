# SPDX-License-Identifier: MIT
# Tests inside the SVSM kernel: build/svsm-test.elf is the kernel with tests/svsm in the place of
# role_serve.c. What the tests want to see or to make fail is wrapped by the linker: the kernel's own
# objects are the same.
#   suite_wrap  the linker's options for that
suite_wrap := $(addprefix --wrap=,panic panic_trap terminate terminate_now page_alloc_order \
	spinlock_acquire spinlock_release platform_console_write platform_wake_cpu)

SUITE_SRCS := $(sort $(wildcard tests/svsm/*.c)) tests/bare/fwcfg.c
SUITE_ASM := $(sort $(wildcard tests/svsm/*.S))
SUITE_OBJS := $(SUITE_SRCS:%.c=$(B)/kernel-obj/%.o) $(SUITE_ASM:%.S=$(B)/kernel-obj/%.o)
SUITE_KERNEL_OBJS := $(filter-out %/kernel/role_serve.o,$(KERNEL_OBJS))

# Programs for ring 3, in the image as they are
SUITE_PROGRAM := $(B)/svsm-programs/probe
SUITE_PROGRAM_OBJS := $(patsubst tests/svsm/programs/%,$(B)/svsm-programs/%.o, \
	$(basename $(sort $(wildcard tests/svsm/programs/*.[cS]))))
$(B)/svsm-programs/%.o: tests/svsm/programs/%.c tests/svsm/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -fno-pie $(DEPFLAGS) -c $< -o $@

$(B)/svsm-programs/%.o: tests/svsm/programs/%.S tests/svsm/build.mk Makefile
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -c $< -o $@

$(SUITE_PROGRAM): $(SUITE_PROGRAM_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s -Wl,$(LINK_MAP) \
		-Wl,-z,max-page-size=4096,-z,separate-code $^ -o $@

-include $(SUITE_PROGRAM_OBJS:.o=.d)

$(B)/kernel-obj/tests/svsm/programs.o: KERNEL_CFLAGS += -DPROGRAM_PROBE='"$(SUITE_PROGRAM)"'
$(B)/kernel-obj/tests/svsm/programs.o: $(SUITE_PROGRAM)

$(B)/svsm-test.elf: $(SUITE_OBJS) $(SUITE_KERNEL_OBJS) $(KERNEL_LINK_NEEDS) tests/svsm/build.mk
	$(call kernel_link,$(SUITE_OBJS) $(SUITE_KERNEL_OBJS),$(suite_wrap))

$(B)/svsm-test.igvm: $(B)/svsm-test.elf $(COPRA_IGVM)
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $< -o $@

# The kernel that traps before it can report it.
$(B)/early-trap.elf: $(B)/kernel-obj/tests/svsm/early/trap.o $(KERNEL_OBJS) $(KERNEL_LINK_NEEDS)
	$(call kernel_link,$< $(KERNEL_OBJS),--wrap=platform_init)

$(B)/early-trap.igvm: $(B)/early-trap.elf $(COPRA_IGVM)
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $< -o $@

# The SVSM whose reboots fail when the guest says so (inject/inject.h).
inject_wrap := $(addprefix --wrap=,reboot_guest services_settle cpus_stop vcpus_freeze \
	devices_prepare firmware_prepare_restart guest_withdraw services_prepare_reset platform_page_revoke \
	platform_vmsa_unseal platform_wake_cpu page_alloc_order)

$(B)/kernel-inject.elf: $(B)/kernel-obj/tests/svsm/inject/inject.o $(KERNEL_OBJS) $(KERNEL_LINK_NEEDS) \
		tests/svsm/build.mk
	$(call kernel_link,$< $(KERNEL_OBJS),$(inject_wrap))

ALL += $(B)/svsm-test.igvm $(B)/early-trap.igvm
-include $(SUITE_OBJS:.o=.d) $(B)/kernel-obj/tests/svsm/early/trap.d $(B)/kernel-obj/tests/svsm/inject/inject.d
include tests/coverage/images.mk
