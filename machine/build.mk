# SPDX-License-Identifier: MIT
# The software SEV-SNP machine: build/machine.rom for QEMU's -bios.
MACHINE_SRCS := $(sort $(wildcard machine/*/*.c)) $(LIB_SRCS) $(LIB_FREESTANDING_SRCS) $(MACHINE_LIB_SRCS)
MACHINE_ASM := machine/boot/entry.S $(sort $(wildcard machine/cpu/*.S))
MACHINE_OBJS := $(MACHINE_SRCS:%.c=$(B)/machine/%.o) $(MACHINE_ASM:%.S=$(B)/machine/%.o)
MACHINE_CFLAGS = $(CFLAGS_FREESTANDING)

$(B)/machine/%.o: %.c machine/build.mk Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MACHINE_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(B)/machine/%.o: %.S machine/build.mk Makefile
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. $(DEPFLAGS) -D__ASSEMBLY__ -c $< -o $@

$(B)/machine.elf: $(MACHINE_OBJS) machine/boot/machine.ld
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments \
		-T machine/boot/machine.ld $(LINK_MAP) -o $@ $(MACHINE_OBJS) -L$(dir $(shell $(CC) -print-file-name=libbearssl.a)) -l:libbearssl.a

$(B)/machine.bin: $(B)/machine.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/machine.rom: $(B)/machine.bin machine/boot/rom.S machine/boot/rom.ld machine/boot/layout.h
	$(call say,ROM,$@)
	$(Q)$(CC) -I. -D__ASSEMBLY__ -DMACHINE_BIN='"$<"' -c machine/boot/rom.S -o $(B)/rom.o
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -T machine/boot/rom.ld -o $(B)/rom.elf $(B)/rom.o
	$(Q)$(OBJCOPY) -O binary $(B)/rom.elf $@
	@test $$(stat -c %s $@) = 1048576

-include $(MACHINE_OBJS:.o=.d)
ALL += $(B)/machine.rom
