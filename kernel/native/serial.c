// SPDX-License-Identifier: MIT
// Registers: National Semiconductor PC16550D, section 8.
#include "kernel/native/serial.h"

#include "kernel/native/io.h"

#define COM1	    0x3f8
#define COM_DATA    (COM1 + 0) // divisor, low byte, while DLAB is set
#define COM_IER	    (COM1 + 1) // divisor, high byte
#define COM_FCR	    (COM1 + 2)
#define COM_LCR	    (COM1 + 3)
#define COM_MCR	    (COM1 + 4)
#define COM_LSR	    (COM1 + 5)

#define FCR_ENABLE  0x07 // and empty both
#define LCR_8N1	    0x03
#define LCR_DLAB    0x80
#define MCR_DTR_RTS 0x03
#define LSR_THRE    0x20

#define DIVISOR	    1
// A character takes 87 us; one look at the port some tenths of a microsecond or more.
#define READY_LOOKS 100000
// When nobody reads, the rest of the text shall not take as long for each character.
#define STUCK_LOOKS 1

static unsigned int looks = READY_LOOKS;

void serial_init(void)
{
	io_out8(COM_IER, 0);
	io_out8(COM_LCR, LCR_8N1 | LCR_DLAB);
	io_out8(COM_DATA, DIVISOR);
	io_out8(COM_IER, 0);
	io_out8(COM_LCR, LCR_8N1);
	io_out8(COM_FCR, FCR_ENABLE);
	io_out8(COM_MCR, MCR_DTR_RTS);
}

static bool serial_is_ready(void)
{
	for (unsigned int i = 0; i < looks; i++) {
		if ((io_in8(COM_LSR) & LSR_THRE) != 0) {
			looks = READY_LOOKS;
			return true;
		}
		cpu_pause();
	}
	looks = STUCK_LOOKS;
	return false;
}

void serial_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (serial_is_ready())
			io_out8(COM_DATA, (uint8_t)text[i]);
	}
}
