// SPDX-License-Identifier: MIT
// The first serial port of a PC (16550), without interrupts. For loader and kernel.
#ifndef KERNEL_NATIVE_SERIAL_H
#define KERNEL_NATIVE_SERIAL_H

#include <stddef.h>

// 115200 baud, 8N1, FIFOs on.
void serial_init(void);

// Returns in bounded time even when nobody takes what is written: then it is lost.
void serial_write(const char *text, size_t size);

#endif
