// SPDX-License-Identifier: MIT
// Objects under Linux: for tests, with nobody to protect from. What the kernel checks is checked
// here as far as a correct service would notice.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/lib/linux.h"
#include "services/lib/linux_blobs.h"

#define OBJECTS_MAX 8 // as in the SVSM

enum kind { KIND_SERVICE, KIND_NAMESPACE, KIND_KEY, KIND_DEVICE };

static struct object {
	enum kind kind;
	int socket; // of a service that was started
	uint32_t protocol;
	struct linux_blobs *blobs;
} objects[OBJECTS_MAX];
static size_t object_count;

// PROTOCOL:PROGRAM
static bool service_start(struct object *object, const char *text)
{
	char *program = NULL;
	int ends[2];
	pid_t child;

	object->protocol = (uint32_t)strtoul(text, &program, 0);
	if (*program++ != ':') {
		service_log("service:%s: not service:PROTOCOL:PROGRAM", text);
		return false;
	}
	signal(SIGPIPE, SIG_IGN); // a service that has ended is an error of write()

	if (access(program, X_OK) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		service_log("service:%s: %s", program, strerror(errno));
		return false;
	}
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], STDIN_FILENO) < 0 || dup2(ends[1], STDOUT_FILENO) < 0)
			_exit(127);
		execl(program, program, "--stream", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	object->socket = ends[0];
	return child > 0;
}

bool linux_object_add(const char *text)
{
	struct object *object = &objects[object_count];

	if (object_count == OBJECTS_MAX) {
		service_log("%s: there can be %d objects", text, OBJECTS_MAX);
		return false;
	}
	object_count++;
	if (strncmp(text, "service:", 8) == 0)
		return service_start(object, text + 8);
	object->kind = KIND_NAMESPACE;
	if (strncmp(text, "namespace:", 10) == 0) {
		object->blobs = linux_blobs_make(strtoul(text + 10, NULL, 0));
		return object->blobs != NULL;
	}
	object->kind = strcmp(text, "key") == 0 ? KIND_KEY : KIND_DEVICE;
	if (object->kind == KIND_KEY)
		service_log("the key is a test key, which everybody knows");
	if (object->kind == KIND_KEY || strcmp(text, "device") == 0)
		return true;
	service_log("%s: not service:PROTOCOL:PROGRAM, namespace:SIZE, key or device", text);
	return false;
}

static long ask(const struct object *object, struct service_message *message)
{
	struct service_message m = *message;
	void *buffer = (void *)message->buffer;
	size_t got = 0;

	m.caller = SERVICE_CALLER_SERVICE;
	m.protocol = object->protocol;
	if (!linux_write(object->socket, &m, sizeof(m)) ||
		!linux_write(object->socket, buffer, m.size) ||
		!linux_read(object->socket, &m, sizeof(m), &got))
		return -EPIPE;
	if (m.size > message->room)
		return -EMSGSIZE;
	if (!linux_read(object->socket, buffer, m.size, &got))
		return -EPIPE;
	message->result = m.result;
	memcpy(message->regs, m.regs, 3 * sizeof(m.regs[0]));
	message->size = m.size;
	return 0;
}

static enum kind kind_of(long number)
{
	switch (number) {
	case SERVICE_CALL_CALL:
		return KIND_SERVICE;
	case SERVICE_CALL_KEY:
		return KIND_KEY;
	case SERVICE_CALL_DEVICE_READ:
	case SERVICE_CALL_DEVICE_WRITE:
		return KIND_DEVICE;
	default:
		return KIND_NAMESPACE;
	}
}

long service_object_elsewhere(long number, const uintptr_t args[4])
{
	static const uint8_t key[SERVICE_KEY_SIZE] = "a test key, which everybody kno";
	const struct object *object = &objects[args[0] % OBJECTS_MAX];

	if (args[0] >= object_count)
		return -EBADF;
	if (object->kind != kind_of(number))
		return -EPERM;
	switch (object->kind) {
	case KIND_SERVICE:
		return ask(object, (struct service_message *)args[1]);
	case KIND_KEY:
		memcpy((void *)args[1], key, sizeof(key));
		return 0;
	case KIND_NAMESPACE:
		return linux_blobs_call(object->blobs, number, args);
	default:
		return -EIO;
	}
}
