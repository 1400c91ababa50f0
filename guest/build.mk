# The Linux side: the test guest's initrd.

ALL += $(B)/guest/initrd.cpio

# A program of its own C library: the initrd has no other.
$(B)/guest/agent: guest/agent.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Os -static -s -o $@ $<

$(B)/guest/initrd.cpio: guest/initrd.sh guest/init guest/modules guest/udhcpc.script \
		$(B)/guest/agent $(B)/guest/versions
	$(call say,CPIO,$@)
	$(Q)guest/initrd.sh $(B)/guest/agent $@

# Everything that is fetched comes at once; its order below keeps a parallel build to one fetch.
$(B)/guest/versions:
	@tools/packages.sh deps

$(B)/guest/OVMF.fd $(B)/guest/vmlinuz $(B)/guest/busybox: | $(B)/guest/versions
