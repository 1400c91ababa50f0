# SPDX-License-Identifier: MIT
# What the tests of the gdb stub send to it
$(B)/debug/noise: tests/debug/noise.c tests/debug/build.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) $(DEPFLAGS) $< -o $@

unit-build: $(B)/debug/noise
-include $(B)/debug/noise.d
