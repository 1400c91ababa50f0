# SPDX-License-Identifier: MIT
# What measures the TPM inside the guest: static, since the initrd has no C library.
TPM_LATENCY := $(B)/bench/tpm-latency
TPM_LATENCY_OBJS := $(patsubst %,$(B)/bench/obj/%.o,tests/bench/tpm_latency tests/bench/tpm_commands)

$(B)/bench/obj/%.o: %.c tests/bench/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) $(DEPFLAGS) -c $< -o $@

$(TPM_LATENCY): $(TPM_LATENCY_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -static -s $(TPM_LATENCY_OBJS) -o $@

.PHONY: bench-build
bench-build: $(TPM_LATENCY)
unit-build: $(TPM_LATENCY)
-include $(TPM_LATENCY_OBJS:.o=.d)
