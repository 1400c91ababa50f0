// SPDX-License-Identifier: MIT
// The end of the VM under QEMU. For loader and kernel, and its ports for assembly.
#ifndef KERNEL_NATIVE_VM_EXIT_H
#define KERNEL_NATIVE_VM_EXIT_H

// QEMU's isa-debug-exit as the launcher places it: QEMU ends with status 2 * value + 1. The values
// are the software machine's, so that a test sees the same end on both platforms.
#define DEBUG_EXIT_PORT	      0xf4
#define DEBUG_EXIT_POWER_OFF  0x10
#define DEBUG_EXIT_TERMINATED 0x20
#define DEBUG_EXIT_REFUSED    0x22 // what QEMU gives cannot be used

// PM1a_CNT of QEMU's PC machines, where SeaBIOS puts it; SLP_EN, and 0 as the type of S5
// (ACPI specification 6.5, section 4.8.3.2).
#define ACPI_PM1A_CNT  0x604
#define ACPI_POWER_OFF 0x2000

#ifndef __ASSEMBLER__

#include <stdint.h>

// value: DEBUG_EXIT_*
_Noreturn void vm_exit(uint8_t value);

#endif
#endif
