# SPDX-License-Identifier: MIT
# The native loader: one relocatable object that keeps all its names but one to itself, so that it
# can have its own copies of what the kernel has too. kernel.ld links it at NATIVE_LOADER_GPA.
LOADER_CFLAGS := $(CFLAGS_FREESTANDING) -fno-stack-protector
LOADER_SRCS := $(sort $(wildcard kernel/native/loader/*.c)) kernel/native/serial.c \
	kernel/native/vm_exit.c kernel/madt.c lib/fmt.c lib/string.c
LOADER_ASM := $(sort $(wildcard kernel/native/loader/*.S))
LOADER_OBJS := $(LOADER_SRCS:%.c=$(B)/loader-obj/%.o) $(LOADER_ASM:%.S=$(B)/loader-obj/%.o)
NATIVE_LOADER := $(B)/loader-obj/loader.o

$(B)/loader-obj/%.o: %.c kernel/native/loader/build.mk Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LOADER_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/loader-obj/%.o: %.S kernel/native/loader/build.mk Makefile
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LOADER_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(NATIVE_LOADER): $(LOADER_OBJS)
	$(call say,LD,$@)
	$(Q)$(LD) -r $(LINK_MAP) -o $@.all $(LOADER_OBJS)
	$(Q)$(OBJCOPY) --keep-global-symbol=loader_entry --prefix-alloc-sections=.native $@.all $@

-include $(LOADER_OBJS:.o=.d)
