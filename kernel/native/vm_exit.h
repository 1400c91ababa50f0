// SPDX-License-Identifier: MIT
// The end of the VM under QEMU. For loader and kernel, and its ports for assembly.
#ifndef KERNEL_NATIVE_VM_EXIT_H
#define KERNEL_NATIVE_VM_EXIT_H

// QEMU's isa-debug-exit as the launcher places it: QEMU ends with status 2 * value + 1.
#define DEBUG_EXIT_PORT	   0xf4
#define DEBUG_EXIT_SUCCESS 0x10
#define DEBUG_EXIT_FAILURE 0x11

// PM1a_CNT of QEMU's PC machines, where SeaBIOS puts it; SLP_EN, and 0 as the type of S5
// (ACPI specification 6.5, section 4.8.3.2).
#define ACPI_PM1A_CNT  0x604
#define ACPI_POWER_OFF 0x2000

#ifndef __ASSEMBLER__

#include <stdbool.h>

_Noreturn void vm_exit(bool success);

#endif
#endif
