# The Linux side: the test guest's initrd.

GUEST_KO := $(B)/guest/tpm_svsm.ko $(B)/guest/svsm_reboot.ko

ALL += $(B)/guest/initrd.cpio $(GUEST_KO)

# Programs of the guest's, each with its own C library: the initrd has no other.
AGENT_SRCS := $(sort $(wildcard guest/agent/*.c))
GUEST_OBJ := $(B)/guest/obj
guest_objects = $(patsubst %.c,$(GUEST_OBJ)/%.o,$(1))

$(GUEST_OBJ)/%.o: %.c guest/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Os $(DEPFLAGS) -c $< -o $@

$(B)/guest/agent: $(call guest_objects,$(AGENT_SRCS))
$(B)/guest/gap: $(call guest_objects,tests/guest/gap.c) # a test's
$(B)/guest/kexec: $(call guest_objects,tests/guest/kexec/kexec.c) # the same
$(B)/guest/agent $(B)/guest/gap $(B)/guest/kexec:
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s -Wl,$(LINK_MAP) $^ -o $@

-include $(patsubst %.o,%.d,$(call guest_objects,$(AGENT_SRCS) tests/guest/gap.c tests/guest/kexec/kexec.c))

# The guest's kernel was built by gcc, and modules have to be as well, whatever CC is.
define guest_module
$(B)/guest/$(1).ko: $(wildcard guest/$(1)/*) guest/module.sh guest/kernel-cc.sh $(GUEST)/versions
	$$(call say,KBUILD,$$@)
	@mkdir -p $$(@D)
	$$(Q)guest/module.sh guest/$(1) $$@
endef
$(foreach m,$(notdir $(basename $(GUEST_KO))),$(eval $(call guest_module,$(m))))

$(B)/guest/initrd.cpio: guest/initrd.sh guest/init guest/modules guest/udhcpc.script \
		$(B)/guest/agent $(GUEST_KO) $(GUEST)/versions
	$(call say,CPIO,$@)
	$(Q)guest/initrd.sh $(B)/guest/agent $@ $(GUEST_KO)

# The initrd with tpm2-tools, for tests. Not an output: the tools are fetched for tests only.
.PHONY: guest-tests
guest-tests: $(B)/guest/initrd-tpm.cpio $(B)/guest/kexec

$(B)/guest/initrd-tpm.cpio: guest/initrd-tpm.sh $(B)/guest/initrd.cpio $(B)/bench/tpm-latency \
		$(B)/guest/gap $(GUEST)/versions
	$(call say,CPIO,$@)
	$(Q)guest/initrd-tpm.sh $(B)/guest/initrd.cpio $@ $(B)/bench/tpm-latency $(B)/guest/gap

# Everything that is fetched comes at once; its order below keeps a parallel build to one fetch.
$(GUEST)/versions:
	@tools/packages.sh deps

$(GUEST)/OVMF.fd $(GUEST)/vmlinuz $(GUEST)/busybox: | $(GUEST)/versions
