// SPDX-License-Identifier: MIT
/*
 * The end of the VM: a GHCB MSR termination request (document 56421, section 2.3.2) with a reason
 * from the table below. Reason set 5 is ours; the host's log shows "set 5, reason n".
 * docs/kernel.md explains each.
 */
#ifndef KERNEL_TERMINATE_H
#define KERNEL_TERMINATE_H

#define TERMINATE_SET 5

// For entry32, which has no C yet
#define TERMINATE_NO_CBIT_CODE 1

#ifndef __ASSEMBLER__

#define TERMINATE_REASONS(X)                                                                       \
	X(TERMINATE_PANIC, 0, "the kernel found itself in an impossible state")                    \
	X(TERMINATE_NO_CBIT, 1, "CPUID page without a usable C-bit position")                      \
	X(TERMINATE_BOOT_INFO, 2, "boot information is damaged or of another version")             \
	X(TERMINATE_SEV_STATUS, 3, "SEV_STATUS lacks a feature or shows an unknown one")           \
	X(TERMINATE_GHCB_PROTOCOL, 4, "host does not speak GHCB protocol 2")                       \
	X(TERMINATE_HV_FEATURES, 5, "host lacks a hypervisor feature")                             \
	X(TERMINATE_GHCB_REGISTER, 6, "host refused the GHCB's address")                           \
	X(TERMINATE_PAGE_STATE, 7, "host refused a page-state change")                             \
	X(TERMINATE_PVALIDATE, 8, "a page of the kernel could not be validated, or was already")   \
	X(TERMINATE_DOORBELL, 9, "host refused the #HV doorbell page")                             \
	X(TERMINATE_EARLY_TRAP, 10, "exception before the kernel could report it")                 \
	X(TERMINATE_NESTED_VC, 11, "#VC inside the #VC handler")                                   \
	X(TERMINATE_NESTED_HV, 12, "#HV inside the #HV handler")                                   \
	X(TERMINATE_VC, 13, "unexpected #VC")                                                      \
	X(TERMINATE_NOT_VALIDATED, 14, "host took away a page that the kernel uses")               \
	X(TERMINATE_RUN_VMPL, 15, "host broke the protocol of the VMPL switch")                    \
	X(TERMINATE_MEMORY_MAP, 16, "memory map, MADT or vCPU count from the host is unusable")    \
	X(TERMINATE_FIRMWARE, 17, "firmware could not be launched")                                \
	X(TERMINATE_NO_MEMORY, 18, "the kernel region is too small")                               \
	X(TERMINATE_MACHINE_CHECK, 19, "machine check")                                            \
	X(TERMINATE_CPU_START, 20, "a CPU did not start")                                          \
	X(TERMINATE_NO_FEATURE, 21, "the processor lacks a feature that the kernel needs")         \
	X(TERMINATE_CALL_BACK, 22, "host does not let a CPU come back to the kernel")              \
	X(TERMINATE_SERVICE, 23, "a service of the image did not start")                           \
	X(TERMINATE_REBOOT, 24, "host disturbed a reboot of the guest")

enum terminate_reason {
#define X(name, code, text) name = (code),
	TERMINATE_REASONS(X)
#undef X
};

_Static_assert(TERMINATE_NO_CBIT == TERMINATE_NO_CBIT_CODE, "entry32 uses the number");

// Logs the reason where it can, then asks the host to end the VM.
_Noreturn void terminate(enum terminate_reason reason);

// Without a word: for states in which the log cannot be used.
_Noreturn void terminate_now(enum terminate_reason reason);

const char *terminate_text(enum terminate_reason reason);

#endif
#endif
