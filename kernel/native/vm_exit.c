// SPDX-License-Identifier: MIT
#include "kernel/native/vm_exit.h"

#include "kernel/native/io.h"
#include "kernel/native/serial.h"

static const char no_status[] =
	"native: QEMU has no -device isa-debug-exit,iobase=0xf4,iosize=4: powering off, and its "
	"exit status does not tell the failure\n";

_Noreturn void vm_exit(uint8_t value)
{
	io_out8(DEBUG_EXIT_PORT, value);
	if (value != DEBUG_EXIT_POWER_OFF)
		serial_write(no_status, sizeof(no_status) - 1);
	io_out16(ACPI_PM1A_CNT, ACPI_POWER_OFF);
	for (;;)
		cpu_halt();
}
