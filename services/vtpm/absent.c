// SPDX-License-Identifier: MIT
/*
 * OpenSSL refers to parts of the C library that a service must not have: loading of shared objects
 * and the look-up of names in the network. These take their place in the link, so that the real
 * ones are not in the program, and fail when they are called, which no command of the TPM does.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stddef.h>

// The linker warns of each program with dlopen() in it, even of this: --wrap renames OpenSSL's
// call.
void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	(void)handle;
	(void)name;
	return NULL;
}

int dlclose(void *handle)
{
	(void)handle;
	return -1;
}

char *dlerror(void)
{
	static char none[] = "no shared objects here";

	return none;
}

int dladdr(const void *address, Dl_info *info)
{
	(void)address;
	(void)info;
	return 0;
}

int getaddrinfo(const char *restrict name, const char *restrict port,
	const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
	(void)name;
	(void)port;
	(void)hints;
	(void)result;
	return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *list)
{
	(void)list;
}

const char *gai_strerror(int error)
{
	(void)error;
	return "no network here";
}

int getnameinfo(const struct sockaddr *restrict address, socklen_t address_size,
	char *restrict name, socklen_t name_size, char *restrict port, socklen_t port_size,
	int flags)
{
	(void)address;
	(void)address_size;
	(void)name;
	(void)name_size;
	(void)port;
	(void)port_size;
	(void)flags;
	return EAI_FAIL;
}

struct hostent *gethostbyname(const char *name)
{
	(void)name;
	return NULL;
}

// A service has one thread. The C library's own wakes others each time, with a system call.
int pthread_once(pthread_once_t *once, void (*initialise)(void))
{
	if (*once == PTHREAD_ONCE_INIT) {
		*once = PTHREAD_ONCE_INIT + 1;
		initialise();
	}
	return 0;
}
