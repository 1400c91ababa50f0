// SPDX-License-Identifier: MIT
// Where the machine lies. Plain macros: the ROM's assembly, the linker scripts and C use them.
#ifndef BOOT_LAYOUT_H
#define BOOT_LAYOUT_H

#define MACHINE_VA  0xffffffff80000000 // link address of the image
#define IMAGE_SIZE  0x400000	       // image and its zeroed data, at the top of RAM
#define ROM_SIZE    0x100000	       // file given to QEMU's -bios, ends at 4 GiB
#define ROM_BASE    0xfff00000
#define ROM_STUB    0xfffff000 // last page: reset vector and the way to 64-bit mode
#define PAYLOAD_MAX (ROM_SIZE - 0x1000)

// Low memory used before the guest is loaded, zeroed afterwards
#define BOOT_TABLES   0x10000 // four pages: PML4, 512 x 1 GiB, PDPT and PD of the image
#define BOOT_STACK    0x7000
#define AP_TRAMPOLINE 0x8000 // start-up IPI vector 8

#define SEL_CODE32    0x08
#define SEL_DATA      0x10
#define SEL_CODE64    0x18

#endif
