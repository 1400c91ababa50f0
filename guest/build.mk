# The Linux side: the test guest's initrd.

ALL += $(B)/guest/initrd.cpio

# A program of its own C library: the initrd has no other.
$(B)/guest/agent.o: guest/agent.c guest/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Os -c $< -o $@

$(B)/guest/agent: $(B)/guest/agent.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s -Wl,$(LINK_MAP) $< -o $@

$(B)/guest/initrd.cpio: guest/initrd.sh guest/init guest/modules guest/udhcpc.script \
		$(B)/guest/agent $(GUEST)/versions
	$(call say,CPIO,$@)
	$(Q)guest/initrd.sh $(B)/guest/agent $@

# Everything that is fetched comes at once; its order below keeps a parallel build to one fetch.
$(GUEST)/versions:
	@tools/packages.sh deps

$(GUEST)/OVMF.fd $(GUEST)/vmlinuz $(GUEST)/busybox: | $(GUEST)/versions
