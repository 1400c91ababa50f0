# SPDX-License-Identifier: MIT
# The test guest at VMPL2: build/test-guest.fd in OVMF's place, build/test-guest.igvm with our SVSM.
TEST_GUEST_OBJS := $(call bare_objects,guest,$(sort $(wildcard tests/guest-bare/*.[cS])) \
	tests/bench/tpm_commands.c)
$(eval $(call bare_rules,guest,0xffe00000,1))
# All of it has to fit into 256 KiB. What is not measured (bench.c) is compiled to be small.
$(filter-out %/bench.o %/call.o %/list.o %/tpm.o,$(filter $(B)/bare/guest/tests/guest-bare/%,$(TEST_GUEST_OBJS))): \
	BARE_CFLAGS += -Os
$(TEST_GUEST_OBJS): tests/guest-bare/build.mk

$(B)/test-guest.elf: $(TEST_GUEST_OBJS) tests/guest-bare/guest.ld tests/guest-bare/build.mk
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments \
		-T tests/guest-bare/guest.ld $(LINK_MAP) -o $@ $(TEST_GUEST_OBJS)

$(B)/test-guest.fd: $(B)/test-guest.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/test-guest.igvm: $(B)/test-guest.fd $(B)/kernel.elf $(COPRA_IGVM)
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $< -o $@

# The same with the vTPM, and with a program in its place that dies at the first command.
$(B)/test-guest-vtpm.igvm: $(B)/test-guest.fd $(B)/kernel.elf $(COPRA_IGVM) $(B)/services/vtpm.image \
		services/vtpm/manifest
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $< \
		--service $(B)/services/vtpm.image:services/vtpm/manifest -o $@

$(B)/test-guest-dead-vtpm.igvm: $(B)/test-guest.fd $(B)/kernel.elf $(COPRA_IGVM) $(B)/svsm-programs/probe \
		tests/guest-bare/dead-vtpm.manifest
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $< \
		--service $(B)/svsm-programs/probe:tests/guest-bare/dead-vtpm.manifest -o $@

# The vTPM, the template, a service that calls it (named before it: the builder sorts), and one that
# the guest may not call
test_services = $(B)/services/palindrome.image:services/palindrome/manifest \
	$(B)/services/template.image:services/template/manifest \
	$(B)/services/vtpm.image:services/vtpm/manifest \
	$(B)/svsm-programs/probe:tests/guest-bare/internal.manifest
$(B)/test-guest-services.igvm: $(B)/test-guest.fd $(B)/kernel.elf $(COPRA_IGVM) \
		$(foreach service,$(test_services),$(subst :, ,$(service)))
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $< \
		$(addprefix --service ,$(test_services)) -o $@

$(B)/test-guest-reborn.igvm: $(B)/test-guest.fd $(B)/kernel.elf $(COPRA_IGVM) $(B)/svsm-programs/probe \
		tests/guest-bare/reborn.manifest
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $< \
		--service $(B)/svsm-programs/probe:tests/guest-bare/reborn.manifest -o $@

ALL += $(B)/test-guest-services.igvm $(B)/test-guest-reborn.igvm

# Both over an SVSM whose reboots fail when the guest says so (tests/svsm/inject).
$(B)/test-guest-inject.igvm: $(B)/test-guest.fd $(B)/kernel-inject.elf $(COPRA_IGVM) \
		$(B)/services/vtpm.image services/vtpm/manifest
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel-inject.elf --firmware $< \
		--service $(B)/services/vtpm.image:services/vtpm/manifest -o $@

$(B)/test-guest-inject-dead.igvm: $(B)/test-guest.fd $(B)/kernel-inject.elf $(COPRA_IGVM) \
		$(B)/svsm-programs/probe tests/guest-bare/dead-vtpm.manifest
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel-inject.elf --firmware $< \
		--service $(B)/svsm-programs/probe:tests/guest-bare/dead-vtpm.manifest -o $@

ALL += $(B)/test-guest-inject.igvm $(B)/test-guest-inject-dead.igvm
ALL += $(B)/test-guest.igvm $(B)/test-guest-vtpm.igvm $(B)/test-guest-dead-vtpm.igvm
-include $(TEST_GUEST_OBJS:.o=.d)
