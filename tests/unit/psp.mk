# SPDX-License-Identifier: MIT
# Unit test of the machine's secure processor: it needs libbearssl.a and libcrypto besides cmocka.
UNIT ?= $(B)/unit
PSP_TEST_SRCS := $(sort $(wildcard tests/unit/psp/*.c)) $(filter-out %/libc.c,$(wildcard machine/psp/*.c)) \
	lib/sha512.c lib/secret.c lib/fmt.c

$(UNIT)/psp/test_psp: $(PSP_TEST_SRCS) $(wildcard tests/unit/psp/*.h hw/*.h machine/*/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) -Wframe-larger-than=262144 \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		$(PSP_TEST_SRCS) -l:libbearssl.a -lcrypto -lcmocka -o $@

.PHONY: unit-psp
unit-psp: $(UNIT)/psp/test_psp
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP $<
unit-build: $(UNIT)/psp/test_psp
unit: unit-psp
