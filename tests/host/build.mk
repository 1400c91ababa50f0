# SPDX-License-Identifier: MIT
# The kernel as a program of the build machine, on fake hardware (fake/fake.h): each test_*.c here
# is a cmocka program with all of the kernel, under the sanitizers of the unit tests. `make unit`
# runs them too; other programs on the same fake link HOST_KERNEL_OBJS with HOST_LDFLAGS.
#   HOST_KERNEL_SRCS   the kernel, the fake hardware and lib/
#   HOST_CFLAGS        what they need besides the flags of a program
HOST := $(B)/kernel-host
HOST_CFLAGS := -Itests/host/fake/include -fno-pie -fno-strict-aliasing -fno-stack-protector \
	-fdata-sections \
	-DKERNEL_VA=0x40000000ul -DKERNEL_ROOT_INDEX=0 \
	-DPERCPU_VA=0x300000000000ul -DPERCPU_ROOT_INDEX=96 -DUSER_ROOT_INDEX=1 \
	-D__stack_chk_guard=kernel_stack_chk_guard -D__stack_chk_fail=kernel_stack_chk_fail
HOST_LDFLAGS := -no-pie -Wl,-T,tests/host/fake/kernel.ld -Wl,--wrap=page_alloc_order
HOST_KERNEL_SRCS := $(sort $(wildcard kernel/*.c kernel/snp/*.c)) $(LIB_CORE_SRCS) \
	$(sort $(wildcard tests/host/fake/*.c))
HOST_TESTS := $(patsubst tests/host/test_%.c,%,$(sort $(wildcard tests/host/test_*.c)))
HOST_SHARED_SRCS := $(HOST_KERNEL_SRCS) tests/unit/unit.c \
	$(sort $(filter-out tests/host/test_%,$(wildcard tests/host/*.c)))
HOST_PROGRAMS := $(HOST_TESTS:%=$(HOST)/test_%)
host_objects = $(patsubst %.c,$(HOST)/%.o,$(1))
HOST_KERNEL_OBJS := $(call host_objects,$(HOST_KERNEL_SRCS))

$(HOST)/%.o: %.c tests/host/build.mk
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(UNIT_CFLAGS) -fno-stack-protector $(DEPFLAGS) -c $< -o $@

$(HOST)/test_%: $(HOST)/tests/host/test_%.o $(call host_objects,$(HOST_SHARED_SRCS)) \
		tests/host/fake/kernel.ld
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) $(UNIT_CFLAGS) $(filter %.o,$^) -lcmocka -o $@

.SECONDARY: $(call host_objects,$(HOST_SHARED_SRCS)) $(HOST_TESTS:%=$(HOST)/tests/host/test_%.o)
-include $(patsubst %.o,%.d,$(call host_objects,$(HOST_SHARED_SRCS) $(wildcard tests/host/test_*.c)))
