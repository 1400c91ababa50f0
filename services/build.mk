# SPDX-License-Identifier: MIT
# Services: static programs that run in ring 3 under the SVSM, and the same objects linked once more
# for Linux, where another end takes the kernel's place.
#   build/services/NAME         for the SVSM
#   build/services/NAME-linux   for tests on the build machine
SERVICES := $(B)/services
SERVICE_CFLAGS := $(CFLAGS_COMMON) -D_GNU_SOURCE -fno-pie -ffunction-sections -fdata-sections \
	-fno-omit-frame-pointer -ftrivial-auto-var-init=zero -fstack-protector-strong \
	-Wframe-larger-than=2048
ifneq ($(findstring clang,$(CC)),)
SERVICE_CFLAGS += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang \
	-Wno-unused-command-line-argument
endif
# Segments that are writable or executable, never both, which is all that the SVSM's kernel loads.
SERVICE_LDFLAGS := -static -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,separate-code

service_objects = $(patsubst %.c,$(SERVICES)/obj/%.o,$(1))
SERVICE_LIB := services/lib/loop.c services/lib/objects.c services/lib/log.c services/lib/random.c \
	services/lib/yield.c lib/fmt.c lib/secret.c
SERVICE_SVSM := services/lib/elsewhere.c
SERVICE_LINUX := services/lib/linux_stream.c services/lib/linux_io.c services/lib/linux_objects.c \
	services/lib/linux_blobs.c

TEMPLATE_SRCS := services/template/main.c
PALINDROME_SRCS := services/palindrome/main.c
VTPM_SRCS := $(addprefix services/vtpm/,main.c command.c tpm.c own.c banks.c ek.c entropy.c storage.c \
	message.c absent.c curve.c yield.c)
# Messages of libtpms that would show a command's bytes are replaced (message.c). Its TPM 1.2 stays
# out: that table of functions becomes the one of a TPM that is not there. Long computations stop for
# the kernel now and then (yield.c).
VTPM_WRAP := -Wl,--wrap=TPMLIB_LogPrintfA -Wl,--wrap=TPMLIB_LogArray \
	-Wl,--wrap=EC_GROUP_new_curve_GFp -Wl,--wrap=EC_GROUP_set_generator
VTPM_LIBS := $(VTPM_WRAP) -Wl,--wrap=BN_mod_exp -Wl,--wrap=BN_mod_exp_mont \
	-Wl,--wrap=dlopen -Wl,-u,DisabledInterface \
	-Wl,--defsym,TPM12Interface=DisabledInterface -l:libtpms.a -l:libcrypto.a

$(SERVICES)/obj/%.o: %.c services/build.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SERVICE_CFLAGS) $(DEPFLAGS) -c $< -o $@

$(SERVICES)/template: $(call service_objects,$(TEMPLATE_SRCS) $(SERVICE_LIB) $(SERVICE_SVSM))
$(SERVICES)/template-linux: $(call service_objects,$(TEMPLATE_SRCS) $(SERVICE_LIB) $(SERVICE_LINUX) \
	services/lib/linux.c)
$(SERVICES)/palindrome: $(call service_objects,$(PALINDROME_SRCS) $(SERVICE_LIB) $(SERVICE_SVSM))
$(SERVICES)/palindrome-linux: $(call service_objects,$(PALINDROME_SRCS) $(SERVICE_LIB) $(SERVICE_LINUX) \
	services/lib/linux.c)
$(SERVICES)/vtpm: $(call service_objects,$(VTPM_SRCS) $(SERVICE_LIB) $(SERVICE_SVSM))
$(SERVICES)/vtpm-linux: $(call service_objects,$(VTPM_SRCS) $(SERVICE_LIB) $(SERVICE_LINUX) \
	services/vtpm/linux.c services/vtpm/mssim.c services/vtpm/listen.c)
$(SERVICES)/vtpm $(SERVICES)/vtpm-linux: SERVICE_LIBS := $(VTPM_LIBS)

# Only in the programs for the SVSM: gdb wants the tables for back traces.
$(SERVICES)/template $(SERVICES)/palindrome $(SERVICES)/vtpm: SERVICE_LIBS += -Wl,-T,services/no-unwind.ld
$(SERVICES)/template $(SERVICES)/palindrome $(SERVICES)/vtpm: services/no-unwind.ld

SERVICE_PROGRAMS := $(foreach name,template palindrome vtpm,$(SERVICES)/$(name) $(SERVICES)/$(name)-linux)
$(SERVICE_PROGRAMS):
	$(call say,LD,$@)
	$(Q)$(CC) $(SERVICE_LDFLAGS) $(filter %.o,$^) $(SERVICE_LIBS) -Wl,$(LINK_MAP) -o $@

# As they go into the image: without symbols, of which each page would be measured
$(SERVICES)/%.image: $(SERVICES)/%
	$(Q)$(OBJCOPY) --strip-all $< $@

.PHONY: services
services: $(SERVICE_PROGRAMS)
ALL += $(SERVICE_PROGRAMS)
-include $(shell find $(SERVICES)/obj -name '*.d' 2>/dev/null)
