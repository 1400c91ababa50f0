# The Linux side: the test guest's initrd.

GUEST_KO := $(B)/guest/tpm_svsm.ko $(B)/guest/svsm_reboot.ko

ALL += $(B)/guest/initrd.cpio $(GUEST_KO)

# A program of its own C library: the initrd has no other.
$(B)/guest/agent.o: guest/agent.c guest/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Os -c $< -o $@

$(B)/guest/agent: $(B)/guest/agent.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s -Wl,$(LINK_MAP) $< -o $@

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

# A test's own program
$(B)/guest/gap.o: tests/guest/gap.c guest/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Os -c $< -o $@

$(B)/guest/gap: $(B)/guest/gap.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s -Wl,$(LINK_MAP) $< -o $@

# The initrd with tpm2-tools, for tests. Not an output: the tools are fetched for tests only.
.PHONY: guest-tests
guest-tests: $(B)/guest/initrd-tpm.cpio

$(B)/guest/initrd-tpm.cpio: guest/initrd-tpm.sh $(B)/guest/initrd.cpio $(B)/bench/tpm-latency \
		$(B)/guest/gap $(GUEST)/versions
	$(call say,CPIO,$@)
	$(Q)guest/initrd-tpm.sh $(B)/guest/initrd.cpio $@ $(B)/bench/tpm-latency $(B)/guest/gap

# Everything that is fetched comes at once; its order below keeps a parallel build to one fetch.
$(GUEST)/versions:
	@tools/packages.sh deps

$(GUEST)/OVMF.fd $(GUEST)/vmlinuz $(GUEST)/busybox: | $(GUEST)/versions
