// SPDX-License-Identifier: MIT
// QEMU's firmware configuration device. Source: QEMU, docs/specs/fw_cfg. Numbers are big-endian,
// but for the selector as it is written to its port.
#ifndef HW_FWCFG_H
#define HW_FWCFG_H

#include "hw/assert.h"

#define FWCFG_PORT_SELECT   0x510 // 16 bits
#define FWCFG_PORT_DATA	    0x511 // 8 bits
#define FWCFG_PORT_DMA	    0x514 // 64 bits: the address of a struct fwcfg_dma; the high half first

#define FWCFG_KEY_SIGNATURE 0x00
#define FWCFG_KEY_DIRECTORY 0x19 // a number of 32 bits, then as many struct fwcfg_file

#define FWCFG_DMA_ERROR	    0x01
#define FWCFG_DMA_READ	    0x02
#define FWCFG_DMA_SKIP	    0x04
#define FWCFG_DMA_SELECT    0x08 // the selector is in the high half

struct fwcfg_file {
	uint32_t size;
	uint16_t select;
	uint16_t reserved;
	char name[56];
};
ASSERT_SIZE(struct fwcfg_file, 64);
ASSERT_OFFSET(struct fwcfg_file, select, 4);
ASSERT_OFFSET(struct fwcfg_file, name, 8);

struct fwcfg_dma {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};
ASSERT_SIZE(struct fwcfg_dma, 16);
ASSERT_OFFSET(struct fwcfg_dma, address, 8);

#endif
