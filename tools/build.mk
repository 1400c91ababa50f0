# SPDX-License-Identifier: MIT
# Programs for the build machine: build/copra-igvm. Variables: see the Makefile.
B ?= build
CFLAGS_COMMON ?= -std=gnu17 -Wall -Wextra -Werror -O2 -g -I.
CFLAGS_HOST ?= $(CFLAGS_COMMON) -D_GNU_SOURCE -fstack-protector-strong
DEPFLAGS ?= -MMD -MP

COPRA_IGVM := $(B)/copra-igvm
COPRA_IGVM_SRCS := $(sort $(wildcard tools/igvm/*.c)) $(LIB_SRCS)
COPRA_IGVM_OBJS := $(COPRA_IGVM_SRCS:%.c=$(B)/host/%.o)

$(B)/host/%.o: %.c tools/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) $(DEPFLAGS) -c $< -o $@

$(COPRA_IGVM): $(COPRA_IGVM_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_HOST) -Wl,$(LINK_MAP) $(COPRA_IGVM_OBJS) -o $@

# The SVSM's file: kernel and firmware, and its launch digest beside it.
# IGVM_SERVICES: the services in it, by name; IGVM_SERVICES= leaves them out.
IGVM_BUILD_OPTIONS ?=
IGVM_SERVICES ?= vtpm
IGVM_SERVICE_FILES = $(foreach name,$(IGVM_SERVICES),$(B)/services/$(name).image services/$(name)/manifest)
igvm_services = $(foreach name,$(IGVM_SERVICES),--service $(B)/services/$(name).image:services/$(name)/manifest)
$(B)/copra.igvm: $(COPRA_IGVM) $(B)/kernel.elf $(OVMF) $(IGVM_SERVICE_FILES)
	$(call say,IGVM,$@)
	$(Q)$(COPRA_IGVM) build --kernel $(B)/kernel.elf --firmware $(OVMF) $(igvm_services) \
		$(IGVM_BUILD_OPTIONS) -o $@
	$(Q)$(COPRA_IGVM) measure $@ >$@.digest

ALL += $(COPRA_IGVM) $(B)/copra.igvm
-include $(COPRA_IGVM_OBJS:.o=.d)
