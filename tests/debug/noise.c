// SPDX-License-Identifier: MIT
/*
 * noise SOCKET KIND [SEED]: sends to the machine's gdb stub what no gdb sends, and leaves.
 *
 *	random      bytes, a break among them now and then
 *	huge        a packet of 256 KiB, with a right checksum
 *	checksums   requests with wrong checksums, and none
 *	part        the beginning of a request
 *	breaks      Ctrl-C
 *	requests    requests without the query that each debugger begins with
 *	unread      requests whose answers it does not read, begun like a debugger
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RANDOM_BYTES 65536
#define HUGE_BYTES   262144
#define TIMES	     500
#define PATIENCE_MS  1000

static int stub;
static uint64_t state;

static void die(const char *what)
{
	fprintf(stderr, "noise: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void stub_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		die("the socket's name is too long");
	memcpy(address.sun_path, path, strlen(path));
	stub = socket(AF_UNIX, SOCK_STREAM, 0);
	if (stub < 0 || connect(stub, (const struct sockaddr *)&address, sizeof(address)) != 0)
		die(path);
}

// As much as the stub takes; what it does not take for so long, it never will.
static void send_bytes(const char *bytes, size_t size)
{
	while (size > 0) {
		struct pollfd wait = {.fd = stub, .events = POLLOUT};
		ssize_t sent = 0;

		if (poll(&wait, 1, PATIENCE_MS) == 0)
			exit(0);
		sent = send(stub, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN)
			die("send");
		if (sent > 0) {
			bytes += sent;
			size -= (size_t)sent;
		}
	}
}

static void send_packet(const char *text, size_t size, unsigned int wrong)
{
	char end[4];
	unsigned int sum = wrong;

	for (size_t i = 0; i < size; i++)
		sum += (unsigned char)text[i];
	snprintf(end, sizeof(end), "#%02x", sum & 0xff);
	send_bytes("$", 1);
	send_bytes(text, size);
	send_bytes(end, 3);
}

static void send_text(const char *text, unsigned int wrong)
{
	send_packet(text, strlen(text), wrong);
}

static void send_random(void)
{
	static char bytes[RANDOM_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		bytes[i] = (char)(state >> 56);
	}
	send_bytes(bytes, sizeof(bytes));
}

static void send_huge(void)
{
	static char text[HUGE_BYTES];

	memset(text, 'm', sizeof(text));
	send_packet(text, sizeof(text), 0);
}

static void send_checksums(void)
{
	for (unsigned int i = 0; i < TIMES; i++) {
		send_text("qSupported", 1 + i % 255);
		send_bytes("$qSupported#zz$?#", 17);
	}
}

static void send_part(void)
{
	send_bytes("$qSupported:multipro", 20);
}

static void send_breaks(void)
{
	for (unsigned int i = 0; i < TIMES; i++)
		send_bytes("\3", 1);
}

static void send_requests(void)
{
	for (unsigned int i = 0; i < TIMES; i++) {
		send_text("?", 0);
		send_text("g", 0);
		send_text("mffffffff80000000,800", 0);
		send_text("k", 0);
	}
}

static void send_unread(void)
{
	send_text("qSupported", 0);
	for (unsigned int i = 0; i < TIMES; i++)
		send_text("g", 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*send)(void);
	} kinds[] = {
		{"random", send_random},
		{"huge", send_huge},
		{"checksums", send_checksums},
		{"part", send_part},
		{"breaks", send_breaks},
		{"requests", send_requests},
		{"unread", send_unread},
	};

	for (size_t i = 0; argc >= 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[2], kinds[i].name) != 0)
			continue;
		state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
		stub_connect(argv[1]);
		kinds[i].send();
		return 0;
	}
	fprintf(stderr, "usage: noise SOCKET KIND [SEED]\n");
	return 2;
}
