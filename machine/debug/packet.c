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

static bool acks = true;

// What has come of a packet. Nobody waits for the rest while the VM runs.
static struct {
	enum { BETWEEN, TEXT, SUM_HIGH, SUM_LOW } state;
	size_t size;
	uint8_t sum;
	int check; // below 0 when a digit is none
} coming;

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

static uint8_t next_byte(void)
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

bool packet_begun(void)
{
	return coming.state != BETWEEN;
}

void packet_ack(bool good)
{
	if (acks)
		put_byte(good ? '+' : '-');
}

static enum packet_event packet_end(const char packet[PACKET_MAX])
{
	coming.state = BETWEEN;
	// a new gdb begins with acknowledgements, whatever the last one agreed on
	if (coming.size >= 10 && __builtin_memcmp(packet, "qSupported", 10) == 0)
		acks = true;
	return coming.check == coming.sum ? PACKET_WHOLE : PACKET_BAD;
}

// A '$' begins a packet wherever it stands: inside of one gdb never sends it as it is, so what was
// before is of somebody who has gone.
enum packet_event packet_take(char packet[PACKET_MAX], size_t *size)
{
	uint8_t byte = next_byte();

	if (byte == '$') {
		coming.state = TEXT;
		coming.size = 0;
		coming.sum = 0;
		return PACKET_PART;
	}
	switch (coming.state) {
	case BETWEEN:
		return byte == 3 ? PACKET_INTERRUPT : PACKET_PART;
	case TEXT:
		if (byte == '#') {
			packet[coming.size] = 0;
			*size = coming.size;
			coming.state = SUM_HIGH;
			return PACKET_PART;
		}
		coming.sum = (uint8_t)(coming.sum + byte);
		if (coming.size < PACKET_MAX - 1)
			packet[coming.size++] = (char)byte;
		return PACKET_PART;
	case SUM_HIGH:
		coming.check = hex_digit(byte) * 16;
		coming.state = SUM_LOW;
		return PACKET_PART;
	default:
		coming.check |= hex_digit(byte);
		return packet_end(packet);
	}
}

size_t packet_get(char packet[PACKET_MAX])
{
	size_t size = 0;

	for (;;) {
		enum packet_event event = packet_take(packet, &size);

		if (event == PACKET_WHOLE || event == PACKET_BAD)
			packet_ack(event == PACKET_WHOLE);
		if (event == PACKET_WHOLE)
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
	put_byte((uint8_t)hex_digits[sum >> 4]);
	put_byte((uint8_t)hex_digits[sum & 15]);
}

void packet_text(const char *text)
{
	packet_put(text, __builtin_strlen(text));
}

void packet_answer(bool ok)
{
	packet_text(ok ? "OK" : "E01");
}
