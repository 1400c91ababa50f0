// SPDX-License-Identifier: MIT
// Packets of gdb's remote protocol on COM3, polled. Planes never see this port (host/ioport.c).
#include "machine/debug/gdb.h"

#define COM3	  0x3e8
#define UART_DATA COM3
#define UART_IER  (COM3 + 1)
#define UART_FCR  (COM3 + 2)
#define UART_LCR  (COM3 + 3)
#define UART_MCR  (COM3 + 4)
#define UART_LSR  (COM3 + 5)
#define LSR_DATA  0x01
#define LSR_EMPTY 0x20

static const char digits[] = "0123456789abcdef";
static bool acks = true;

bool uart_init(void)
{
	if (inb(UART_LSR) == 0xff)
		return false;
	outb(UART_IER, 0);
	outb(UART_LCR, 3); // 8 bits, no parity
	outb(UART_FCR, 7); // FIFOs on and empty
	outb(UART_MCR, 3);
	return true;
}

bool uart_ready(void)
{
	return inb(UART_LSR) & LSR_DATA;
}

int packet_next_byte(void)
{
	while (!uart_ready())
		__asm__ volatile("pause");
	return inb(UART_DATA);
}

static void put_byte(uint8_t byte)
{
	while (!(inb(UART_LSR) & LSR_EMPTY))
		__asm__ volatile("pause");
	outb(UART_DATA, byte);
}

void packet_ack_mode(bool on)
{
	acks = on;
}

static int digit_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t packet_get(char packet[PACKET_MAX], bool start)
{
	for (;; start = false) {
		size_t size = 0;
		uint8_t sum = 0;
		int c, check;

		while (!start && packet_next_byte() != '$')
			;
		while ((c = packet_next_byte()) != '#') {
			sum = (uint8_t)(sum + c);
			if (size < PACKET_MAX - 1)
				packet[size++] = (char)c;
		}
		packet[size] = 0;
		check = digit_value(packet_next_byte()) * 16; // below 0 when it is no digit
		check |= digit_value(packet_next_byte());
		// a new gdb begins with acknowledgements, whatever the last one agreed on
		if (size >= 10 && __builtin_memcmp(packet, "qSupported", 10) == 0)
			acks = true;
		if (acks)
			put_byte(check == sum ? '+' : '-');
		if (check == sum)
			return size;
	}
}

void packet_put(const char *text, size_t size)
{
	uint8_t sum = 0;

	put_byte('$');
	for (size_t i = 0; i < size; i++) {
		put_byte((uint8_t)text[i]);
		sum = (uint8_t)(sum + (uint8_t)text[i]);
	}
	put_byte('#');
	put_byte((uint8_t)digits[sum >> 4]);
	put_byte((uint8_t)digits[sum & 15]);
}

void packet_text(const char *text)
{
	packet_put(text, __builtin_strlen(text));
}

void packet_answer(bool ok)
{
	packet_text(ok ? "OK" : "E01");
}

size_t hex_from(char *text, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return 2 * size;
}

size_t hex_to(uint8_t *bytes, const char *text, size_t max)
{
	size_t size = 0;

	while (size < max && digit_value(text[0]) >= 0 && digit_value(text[1]) >= 0) {
		bytes[size++] = (uint8_t)(digit_value(text[0]) << 4 | digit_value(text[1]));
		text += 2;
	}
	return size;
}

uint64_t hex_number(const char **text)
{
	uint64_t value = 0;

	for (; digit_value(**text) >= 0; (*text)++)
		value = value << 4 | (uint64_t)digit_value(**text);
	return value;
}

uint64_t hex_number_next(const char **text)
{
	if (**text)
		(*text)++;
	return hex_number(text);
}
