// SPDX-License-Identifier: MIT
#include "services/vtpm/mssim.h"

#include <stdio.h>
#include <unistd.h>

#include "abi/vtpm.h"
#include "lib/string.h"
#include "services/lib/linux.h"
#include "services/vtpm/listen.h"
#include "services/vtpm/tpm.h"
#include "services/vtpm/wire.h"

// Signals. The others of the simulator (cancel, physical presence, hash sequences of locality 4,
// failure on request) this TPM does not have: they end the connection.
#define SIM_POWER_ON	 1
#define SIM_POWER_OFF	 2
#define SIM_SEND_COMMAND 8
#define SIM_NV_ON	 11
#define SIM_RESET	 17
#define SIM_SESSION_END	 20
#define SIM_STOP	 21

enum outcome { GO_ON, CLOSE, STOP };

static bool power = true;

static bool get32(int fd, uint32_t *value)
{
	uint8_t bytes[4];
	size_t got = 0;

	if (!linux_read(fd, bytes, sizeof(bytes), &got))
		return false;
	*value = wire_get32(bytes);
	return true;
}

static bool put32(int fd, uint32_t value)
{
	uint8_t bytes[4];

	wire_set32(bytes, value);
	return linux_write(fd, bytes, sizeof(bytes));
}

// Asks the service as the guest would, through protocol 2: what is refused there is refused here.
static bool ask(const struct service *service, uint8_t *data, uint8_t locality, uint32_t size)
{
	struct vtpm_request *request = (void *)data;
	struct service_message message = {
		.protocol = SVSM_PROTOCOL_VTPM,
		.call = SVSM_VTPM_CMD,
		.caller = SERVICE_CALLER_GUEST,
		.size = VTPM_BUFFER_SIZE,
	};

	request->platform_command = VTPM_SEND_COMMAND;
	request->locality = locality;
	request->size = size;
	service_dispatch(service, &message, data);
	if (message.result != SVSM_SUCCESS)
		service_log("command refused: 0x%x", message.result);
	return message.result == SVSM_SUCCESS;
}

// Locality, size, command; the answer is size, response, and 0.
static enum outcome command(const struct service *service, int fd)
{
	static uint8_t data[VTPM_BUFFER_SIZE];
	const struct vtpm_response *response = (const void *)data;
	uint8_t locality = 0;
	uint32_t size = 0;
	size_t got = 0;

	if (!linux_read(fd, &locality, sizeof(locality), &got) || !get32(fd, &size))
		return CLOSE;
	if (size > VTPM_COMMAND_SIZE_MAX) {
		service_log("a command of %u bytes: at most %u", size, VTPM_COMMAND_SIZE_MAX);
		return CLOSE;
	}
	memset(data, 0, sizeof(data));
	if (!linux_read(fd, ((struct vtpm_request *)data)->data, size, &got))
		return CLOSE;
	if (!power || !ask(service, data, locality, size))
		return CLOSE;
	if (!put32(fd, response->size) || !linux_write(fd, response->data, response->size))
		return CLOSE;
	return put32(fd, 0) ? GO_ON : CLOSE;
}

static enum outcome serve_command_port(const struct service *service, int fd)
{
	uint32_t number = 0;

	if (!get32(fd, &number))
		return CLOSE;
	switch (number) {
	case SIM_SEND_COMMAND:
		return command(service, fd);
	case SIM_SESSION_END:
		return CLOSE;
	case SIM_STOP:
		return STOP;
	default:
		service_log("command port: unknown number %u", number);
		return CLOSE;
	}
}

static void power_set(bool on)
{
	if (on && !power)
		tpm_power_cycle();
	power = on;
}

static enum outcome serve_platform_port(const struct service *service, int fd)
{
	uint32_t number = 0;

	(void)service;
	if (!get32(fd, &number))
		return CLOSE;
	switch (number) {
	case SIM_POWER_ON:
	case SIM_POWER_OFF:
		power_set(number == SIM_POWER_ON);
		break;
	case SIM_RESET:
		if (power)
			tpm_power_cycle();
		break;
	case SIM_NV_ON: // it always is
		break;
	case SIM_SESSION_END:
		return CLOSE;
	case SIM_STOP:
		return STOP;
	default:
		service_log("platform port: no such signal here: %u", number);
		return CLOSE;
	}
	return put32(fd, 0) ? GO_ON : CLOSE;
}

static enum outcome serve_one(const struct service *service, const struct listen_client *client)
{
	return client->port == 0 ? serve_command_port(service, client->fd)
				 : serve_platform_port(service, client->fd);
}

int mssim_serve(const struct service *service, unsigned int port)
{
	struct listen_client client;
	enum outcome outcome = GO_ON;

	if (!listen_open(&port))
		return 2;
	printf("port %u\n", port);
	(void)fflush(stdout);
	while (outcome != STOP && listen_wait(&client)) {
		outcome = serve_one(service, &client);
		if (outcome != GO_ON)
			listen_drop(&client);
	}
	return outcome == STOP ? 0 : 2;
}
