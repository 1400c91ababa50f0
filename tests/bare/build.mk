# SPDX-License-Identifier: MIT
# Runtime of the bare-metal tests, compiled once for each program, since the place of the image
# differs: $(call bare_objects,NAME,SOURCES) in build/bare/NAME/.
BARE_CFLAGS := $(CFLAGS_FREESTANDING) -mstack-protector-guard=global
BARE_SRCS := $(sort $(wildcard tests/bare/*.c tests/bare/*.S)) lib/fmt.c lib/string.c
bare_objects = $(patsubst %,$(B)/bare/$(1)/%.o,$(basename $(BARE_SRCS) $(2)))

# $(1): program, $(2): GPA of the image, a multiple of 2 MiB, $(3): its 2 MiB pages
define bare_rules
$(B)/bare/$(1)/%.o: %.c tests/bare/build.mk Makefile
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BARE_CFLAGS) -DBARE_IMAGE_GPA=$(2) -DBARE_IMAGE_LARGE_PAGES=$(3) \
		$$(DEPFLAGS) -c $$< -o $$@

$(B)/bare/$(1)/%.o: %.S tests/bare/build.mk Makefile
	$$(call say,AS,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BARE_CFLAGS) -DBARE_IMAGE_GPA=$(2) -DBARE_IMAGE_LARGE_PAGES=$(3) \
		$$(DEPFLAGS) -c $$< -o $$@
endef
