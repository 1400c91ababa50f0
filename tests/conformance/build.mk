# SPDX-License-Identifier: MIT
# The machine's conformance test: build/conformance.igvm, a program in the SVSM's place (abi/boot.h).
CONFORMANCE_OBJS := $(call bare_objects,conformance,$(sort $(wildcard tests/conformance/*.[cS])))
$(eval $(call bare_rules,conformance,0x08000000,8))

$(B)/conformance.elf: $(CONFORMANCE_OBJS) tests/bare/bare.ld tests/conformance/build.mk
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments \
		-T tests/bare/bare.ld $(LINK_MAP) -o $@ $(CONFORMANCE_OBJS) \
		-L$(dir $(shell $(CC) -print-file-name=libbearssl.a)) -l:libbearssl.a

$(B)/conformance.igvm: $(B)/conformance.elf $(COPRA_IGVM)
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $< -o $@

ALL += $(B)/conformance.igvm
-include $(CONFORMANCE_OBJS:.o=.d)
