# Copra's build.  Every folder brings its own fragment, <folder>/build.mk; all outputs go below
# build/.  `make help` lists the targets.
#
# What a fragment can use:
#   B                    the output folder, build
#   GUEST                where the fetched packages of the guest are
#   CFLAGS_COMMON        language, warnings, optimisation: for everything
#   CFLAGS_HOST          for programs that run on the build machine
#   CFLAGS_FREESTANDING  for the SVSM kernel, the machine and bare-metal tests
#   ALL                  append what `make all` should build
#   CLEAN                append what `make clean` should remove outside build/
#   LINK_MAP             for every link: ld $(LINK_MAP), gcc -Wl,$(LINK_MAP)
#   OVMF, VMLINUZ        the guest's firmware and kernel (fetched packages, unless set)
# Headers are included by their path from the top: "hw/svm.h", "abi/svsm.h", "lib/rle.h".

SHELL := /bin/bash
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-print-directory

B := build
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin AR),default)
AR := ar
endif
LD := $(if $(filter default,$(origin LD)),ld,$(LD))
OBJCOPY ?= objcopy

# V=1 shows the commands; otherwise one short line for each output.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(2)) >&2

# Debug information names the sources from the top, so that the folder of the build leaves no trace.
CFLAGS_COMMON := -std=gnu17 -Wall -Wextra -Werror -Wundef -Wmissing-prototypes \
	-Wstrict-prototypes -Wshadow -Wvla -O2 -g -I. \
	-fdebug-prefix-map=$(CURDIR)=. -fmacro-prefix-map=$(CURDIR)=.
# Programs of the build machine and of the guest have stacks of 8 MiB, which they use for text and names.
CFLAGS_HOST := $(CFLAGS_COMMON) -D_GNU_SOURCE -fstack-protector-strong -Wframe-larger-than=16384
CFLAGS_FREESTANDING := $(CFLAGS_COMMON) -ffreestanding -nostdlib -fno-pic -no-pie -mcmodel=kernel \
	-mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -fno-strict-aliasing -ftrivial-auto-var-init=zero \
	-fcf-protection=none -fstack-protector-strong -Wframe-larger-than=2048
# clang 14 and 15 want to hear a second time that variables are to start as zero.
ifneq ($(findstring clang,$(CC)),)
CFLAGS_FREESTANDING += -Wno-unused-command-line-argument \
	-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
endif
# Dependency files are written next to the objects by -MMD -MP.
DEPFLAGS = -MMD -MP
# Every link writes a map beside its output, from which `make sbom` learns what is in it.
LINK_MAP = -Map=$@.map

# What was fetched for the guest is the same for every B.
GUEST := build/guest
OVMF ?= $(GUEST)/OVMF.fd
VMLINUZ ?= $(GUEST)/vmlinuz

ALL :=
CLEAN :=
include $(wildcard lib/build.mk tools/build.mk kernel/build.mk services/build.mk \
	machine/build.mk guest/build.mk tests/build.mk)

.PHONY: all outputs run test check igvm sbom audit bench reboot-long deps clean help

all: $(ALL)

outputs:
	@printf '%s\n' $(ALL)

# The launch digest stands beside the file.
igvm: $(B)/copra.igvm
	@cat $(B)/copra.igvm.digest

# What is in the outputs, and whether newer packages are offered (docs/testing.md, "Supply chain").
sbom audit: export CC := $(CC)
sbom audit: export LD := $(LD)
sbom audit: export OBJCOPY := $(OBJCOPY)
sbom audit: export OVMF := $(OVMF)
sbom audit: $(ALL)
	$(if $(filter-out build,$(B)),$(error make $@ looks at build/ alone: leave B out))
	@tools/supply/inventory.sh
	@tools/supply/$@.sh

deps:
	@tools/packages.sh deps

# CMD is handed over in the environment, so that neither make nor a shell rewrites it.
run: export COPRA_CMD := $(value CMD)
run:
	+@./copra run $(RUN_OPTIONS) $(if $(value CMD),-- sh -c "$$COPRA_CMD")

# An option for each variable given on the command line; the environment, where such short names
# may mean something else, does not count.
opt = $(if $(filter command,$(firstword $(origin $(1)))),--$(2) '$(value $(1))')
RUN_OPTIONS = $(call opt,SMP,smp) $(call opt,MEM,mem) $(call opt,DISK,disk) $(call opt,BOOT,boot) \
	$(call opt,PLATFORM,platform) $(call opt,IGVM,igvm) $(call opt,KERNEL_ELF,kernel-elf) \
	$(call opt,OVMF,ovmf) $(call opt,KERNEL,kernel) $(call opt,INITRD,initrd) \
	$(call opt,APPEND,append) $(call opt,LOG,log) $(call opt,TRACE,trace) \
	$(call opt,GDB,gdb) $(call opt,TIMEOUT,timeout)

test:
	+@tests/run.sh --all

check:
	+@tests/run.sh --quick

bench:
	+@tests/bench.sh

# Takes minutes: not a test.
reboot-long: all
	@tests/guest/reboot-many.sh snp $(or $(REBOOTS),20)

clean:
	rm -rf $(filter-out $(B)/pkg,$(wildcard $(B)/*)) $(CLEAN)

help:
	@printf '%s\n' \
	 'make run [CMD=..]  build what is missing and start the VM: a root shell, or one command' \
	 '                   SMP= MEM= DISK= BOOT= PLATFORM= IGVM= KERNEL_ELF= OVMF= KERNEL= INITRD=' \
	 '                   APPEND= LOG= TRACE= GDB= TIMEOUT= are the options of "./copra run --help"' \
	 'make test          every test, ending in a count; "make check" is the quick part' \
	 'make fuzz          looks for inputs that break a parser or a request; FUZZ_SECONDS= FUZZ_TARGETS=' \
	 'make coverage      which lines of kernel, lib and tools the tests run; build/coverage/html' \
	 'make bench         measurements, also in build/bench.tsv' \
	 'make reboot-long   Linux restarts itself 20 times in one run; REBOOTS=' \
	 'make igvm          the IGVM file, build/copra.igvm, and its launch digest' \
	 'make sbom          build/copra.spdx, the list of packages whose code is in the outputs' \
	 'make audit         are they the newest that Debian offers? needs the network' \
	 'make deps          install what is missing on this machine' \
	 'make clean         remove build/ except the downloaded packages' \
	 'V=1                show the commands'
