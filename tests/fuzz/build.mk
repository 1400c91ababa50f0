# SPDX-License-Identifier: MIT
# Fuzzing. Each tests/fuzz/fuzz_<name>.c is a target, built three ways: `replay` runs saved inputs
# (compiler and sanitizers of the unit tests), `libfuzzer` and `afl` look for new ones.
#   FUZZ_SRCS_<name>   sources of the product that the target drives, and other files of its own
#   FUZZ_FLAGS_<name>  compiler flags of the target's sources
#   FUZZ_LDFLAGS_<name>, FUZZ_LIBS_<name>   what it is linked with
#
#   make fuzz [FUZZ_SECONDS=60] [FUZZ_TARGETS='igvm elf'] [ENGINE=libfuzzer|afl]
#   make fuzz-guest [FUZZ_COMMANDS=50000] [FUZZ_SEED=1]   the vTPM, from the test guest
#   make fuzz-replay   the saved inputs, tests/fuzz/corpus/
#   make fuzz-corpus   keeps what was found, as few inputs as show the same
FUZZ := $(B)/fuzz
FUZZ_ALL := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# All of the kernel, on the fake hardware of tests/host
FUZZ_SRCS_core = $(HOST_KERNEL_SRCS)
FUZZ_FLAGS_core = $(HOST_CFLAGS)
FUZZ_LDFLAGS_core = $(HOST_LDFLAGS)
# The same with its ring 3, whose programs are the target's
FUZZ_RING3_SRCS = $(filter-out tests/host/fake/ring3.c,$(HOST_KERNEL_SRCS)) \
	$(filter-out kernel/user/init.c,$(wildcard kernel/user/*.c)) lib/elf.c \
	tests/fuzz/ring3.c tests/fuzz/program.c
FUZZ_SRCS_syscall = $(FUZZ_RING3_SRCS) tests/fuzz/action.c
FUZZ_FLAGS_syscall = $(HOST_CFLAGS)
FUZZ_LDFLAGS_syscall = $(HOST_LDFLAGS)
FUZZ_SRCS_load = $(FUZZ_RING3_SRCS)
FUZZ_FLAGS_load = $(HOST_CFLAGS)
FUZZ_LDFLAGS_load = $(HOST_LDFLAGS)
FUZZ_SRCS_elf := lib/elf.c
FUZZ_SRCS_fmt := lib/fmt.c
FUZZ_SRCS_ovmf := $(sort $(wildcard lib/ovmf*.c))
FUZZ_SRCS_igvm := $(sort $(wildcard lib/igvm*.c)) lib/crc32.c lib/rle.c
FUZZ_SRCS_igvm_tool := $(FUZZ_SRCS_igvm) $(filter-out tools/igvm/main.c,$(wildcard tools/igvm/*.c)) \
	lib/elf.c lib/objects.c $(FUZZ_SRCS_ovmf) lib/sha512.c lib/secret.c tests/fuzz/tool.c
FUZZ_SRCS_igvm_build := $(FUZZ_SRCS_igvm_tool)
FUZZ_SRCS_services := $(FUZZ_SRCS_igvm_tool) tests/fuzz/program.c
# file_write of tests/fuzz/tool.c takes the place of the tool's.
FUZZ_TOOL = $(if $(filter tools/%,$<),-include tests/fuzz/tool.h -Dfile_write=$(if \
	$(filter tools/igvm/common.c,$<),tool_unused_write,file_write))
FUZZ_FLAGS_igvm_tool = $(FUZZ_TOOL)
FUZZ_FLAGS_services = $(FUZZ_TOOL)
# A smaller region, to be filled more often
FUZZ_FLAGS_igvm_build = $(FUZZ_TOOL) -DKERNEL_REGION_SIZE=0x200000ull
FUZZ_SRCS_madt := kernel/madt.c
FUZZ_SRCS_rle := lib/rle.c
FUZZ_MACHINE := tests/fuzz/machine.c
FUZZ_IO := -include tests/fuzz/fake_io.h
FUZZ_SRCS_insn := machine/cpu/decode.c machine/cpu/snpinsn.c $(FUZZ_MACHINE)
FUZZ_SRCS_options := machine/base/options.c $(FUZZ_MACHINE)
FUZZ_SRCS_gdb := $(addprefix machine/debug/,hex.c memory.c packet.c registers.c resume.c session.c) \
	lib/fmt.c $(FUZZ_MACHINE)
FUZZ_FLAGS_gdb := $(FUZZ_IO)
FUZZ_SRCS_launch := $(wildcard machine/host/launch*.c) \
	$(FUZZ_SRCS_igvm) lib/fmt.c $(FUZZ_MACHINE)
FUZZ_SRCS_ghcb := $(wildcard machine/host/ghcb*.c) machine/host/msrproto.c $(FUZZ_MACHINE)
FUZZ_SRCS_psp := $(addprefix machine/psp/,cpuid.c digest.c key.c launch.c message.c report.c \
	request.c silicon.c) lib/sha512.c lib/secret.c $(FUZZ_MACHINE)
FUZZ_FLAGS_psp := $(FUZZ_IO)
FUZZ_LIBS_psp := -l:libbearssl.a
FUZZ_SRCS_vtpm := $(addprefix services/vtpm/,command.c tpm.c own.c banks.c ek.c entropy.c \
	storage.c message.c curve.c) services/lib/loop.c lib/fmt.c lib/secret.c
FUZZ_LIBS_vtpm = $(VTPM_WRAP) -l:libtpms.a -lcrypto

FUZZ_CFLAGS := $(CFLAGS_COMMON) -D_GNU_SOURCE -O1 -fno-omit-frame-pointer
# The fake hardware is not what is looked at: no coverage of it.
FUZZ_QUIET_libfuzzer = $(if $(filter tests/host/%,$<),-fno-sanitize=fuzzer-no-link -O2)
FUZZ_SANITIZE := address,undefined
FUZZ_CC_replay = $(CC) -fsanitize=$(FUZZ_SANITIZE)
FUZZ_CC_libfuzzer := clang -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE)
FUZZ_LD_libfuzzer := clang -fsanitize=fuzzer,$(FUZZ_SANITIZE)
FUZZ_CC_afl := AFL_QUIET=1 AFL_USE_ASAN=1 AFL_USE_UBSAN=1 afl-clang-fast
FUZZ_LD_afl := $(FUZZ_CC_afl) -fsanitize=fuzzer
FUZZ_LD_replay = $(FUZZ_CC_replay)

# Objects of targets with the same flags are compiled once: FUZZ_LIKE_<name> is the folder's name. Those for
# replay are the unit tests' own where the flags are theirs.
FUZZ_LIKE_core := kernel
FUZZ_LIKE_syscall := kernel
FUZZ_LIKE_load := kernel
FUZZ_LIKE_igvm_tool := tool
FUZZ_LIKE_services := tool
FUZZ_LIKE_igvm_build := igvm_build
FUZZ_LIKE_gdb := io
FUZZ_LIKE_psp := io
fuzz_like = $(or $(FUZZ_LIKE_$(1)),plain)
FUZZ_DIR_replay_kernel := $(HOST)
FUZZ_DIR_replay_plain := $(UNIT)
fuzz_dir = $(or $(FUZZ_DIR_$(1)_$(2)),$(FUZZ)/obj/$(1)/$(2))

# fuzz_objects ENGINE NAME: the rule for objects with the flags of that target
define fuzz_objects
$(FUZZ)/obj/$(1)/$(call fuzz_like,$(2))/%.o: %.c tests/fuzz/build.mk
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(FUZZ_CC_$(1)) -fno-sanitize-recover=all $$(FUZZ_FLAGS_$(2)) $$(FUZZ_CFLAGS) $$(FUZZ_QUIET_$(1)) \
		$$(DEPFLAGS) -c $$< -o $$@
endef

# fuzz_program ENGINE NAME
define fuzz_program
FUZZ_OBJS_$(1)_$(2) := $$(patsubst %.c,$(call fuzz_dir,$(1),$(call fuzz_like,$(2)))/%.o,tests/fuzz/fuzz_$(2).c \
	tests/fuzz/fuzz.c $(if $(filter replay,$(1)),tests/fuzz/replay.c) $$(FUZZ_SRCS_$(2)))
$(FUZZ)/$(1)/$(2): $$(FUZZ_OBJS_$(1)_$(2))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(FUZZ_LD_$(1)) $$(FUZZ_LDFLAGS_$(2)) $$^ $$(FUZZ_LIBS_$(2)) -o $$@
-include $$(FUZZ_OBJS_$(1)_$(2):.o=.d)
endef
$(foreach engine,replay libfuzzer afl,\
	$(foreach name,core elf igvm_tool igvm_build gdb,$(eval $(call fuzz_objects,$(engine),$(name)))) \
	$(foreach name,$(FUZZ_ALL),$(eval $(call fuzz_program,$(engine),$(name)))))

# The first inputs: made by the unit tests' own samples.
FUZZ_SEED_SRCS := tests/fuzz/seeds.c tests/fuzz/program.c tests/unit/igvm_sample.c tests/unit/kernel_sample.c \
	tests/unit/firmware.c tests/unit/unit.c $(LIB_SRCS)
$(FUZZ)/make-seeds: $(FUZZ_SEED_SRCS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_HOST) $(FUZZ_SEED_SRCS) -lcmocka -o $@

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(FUZZ_ALL)
ENGINE ?= libfuzzer
.PHONY: fuzz fuzz-guest fuzz-names fuzz-build fuzz-replay fuzz-replay-build fuzz-corpus
fuzz-build: $(FUZZ_TARGETS:%=$(FUZZ)/$(ENGINE)/%) $(FUZZ)/make-seeds
# Before anything is built: names that there are.
fuzz-names:
	$(if $(filter-out $(FUZZ_ALL),$(FUZZ_TARGETS)),$(error FUZZ_TARGETS: no $(filter-out \
		$(FUZZ_ALL),$(FUZZ_TARGETS)); there are: $(FUZZ_ALL)))
	$(if $(filter-out libfuzzer afl,$(ENGINE)),$(error ENGINE: libfuzzer or afl, not $(ENGINE)))
fuzz: fuzz-names
	$(Q)WITH_FUZZ=1 tools/packages.sh host
	+$(Q)$(MAKE) fuzz-build
	$(Q)FUZZ=$(FUZZ) tests/fuzz/run.sh $(ENGINE) $(FUZZ_SECONDS) $(FUZZ_TARGETS)
fuzz-corpus: fuzz-names
	$(Q)WITH_FUZZ=1 tools/packages.sh host
	+$(Q)$(MAKE) fuzz-build ENGINE=libfuzzer
	$(Q)FUZZ=$(FUZZ) tests/fuzz/corpus.sh $(FUZZ_TARGETS)
# Random TPM commands from the test guest, through the SVSM.
FUZZ_COMMANDS ?= 50000
fuzz-guest: $(B)/test-guest-vtpm.igvm $(B)/machine.rom
	$(Q)TEST_SECONDS=$$(($(FUZZ_COMMANDS) / 50 + 120)) TEST_DIR=$(FUZZ)/guest tests/boot.sh $< passed \
		case=vtpm-fuzz commands=$(FUZZ_COMMANDS) $(FUZZ_SEED:%=seed=%)
fuzz-replay-build: $(FUZZ_ALL:%=$(FUZZ)/replay/%)
fuzz-replay: fuzz-replay-build
	$(Q)FUZZ=$(FUZZ) tests/fuzz/replay.sh $(FUZZ_ALL)
