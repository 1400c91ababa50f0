# SPDX-License-Identifier: MIT
# The SVSM kernel: build/kernel.elf, one freestanding image. Variables: see the Makefile.
B ?= build
CFLAGS_COMMON ?= -std=gnu17 -Wall -Wextra -Werror -O2 -g -I.
CFLAGS_FREESTANDING ?= $(CFLAGS_COMMON) -ffreestanding -nostdlib -fno-pic -no-pie -mcmodel=kernel \
	-mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -fno-strict-aliasing -ftrivial-auto-var-init=zero \
	-fcf-protection=none -fstack-protector-strong -Wframe-larger-than=2048

# One guard word for the kernel: reaching a per-CPU one through GS would need swapgs.
KERNEL_CFLAGS := $(CFLAGS_FREESTANDING) -mstack-protector-guard=global \
	-ffunction-sections -fdata-sections

# Beside each object of gcc's, the call graph and the frames in it: for tests/lint/stack-depth.sh.
KERNEL_CALLGRAPH := $(if $(findstring clang,$(CC)),,-fcallgraph-info=su)

KERNEL_SRCS := $(sort $(wildcard kernel/*.c kernel/*/*.c)) $(LIB_SRCS) $(LIB_FREESTANDING_SRCS)
KERNEL_ASM := $(sort $(wildcard kernel/*.S kernel/*/*.S))
KERNEL_OBJS := $(KERNEL_SRCS:%.c=$(B)/kernel-obj/%.o) $(KERNEL_ASM:%.S=$(B)/kernel-obj/%.o)

$(B)/kernel-obj/%.o: %.c kernel/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) $(KERNEL_CALLGRAPH) $(DEPFLAGS) -c $< -o $@

$(B)/kernel-obj/%.o: %.S kernel/build.mk Makefile
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) $(DEPFLAGS) -c $< -o $@

include kernel/native/loader/build.mk

# kernel_link OBJECTS [OPTIONS]: the recipe of an image. Linked twice: the second time with the names of
# its functions, which lie in the native loader and so move nothing.
KERNEL_LD := $(LD) -nostdlib -static -z noexecstack -z max-page-size=4096 -T kernel/kernel.ld --gc-sections \
	--fatal-warnings
KERNEL_LINK_NEEDS := $(NATIVE_LOADER) kernel/kernel.ld kernel/native/loader/ksyms.sh
define kernel_link
	$(call say,LD,$@)
	$(Q)$(KERNEL_LD) $(2) -o $@.nameless $(1) $(NATIVE_LOADER)
	$(Q)set -o pipefail; kernel/native/loader/ksyms.sh $@.nameless | $(CC) -x assembler -c - -o $@.names.o
	$(Q)$(KERNEL_LD) $(2) $(LINK_MAP) -o $@ $(1) $(NATIVE_LOADER) $@.names.o
endef

$(B)/kernel.elf: $(KERNEL_OBJS) $(KERNEL_LINK_NEEDS)
	$(call kernel_link,$(KERNEL_OBJS))

ALL += $(B)/kernel.elf
-include $(KERNEL_OBJS:.o=.d)
