// SPDX-License-Identifier: MIT
#include "kernel/services.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/objects.h"
#include "kernel/terminate.h"

static struct service services[BOOT_SERVICES_MAX];
static size_t service_count;

static const struct boot_service *table(void)
{
	return bootinfo_ptr(bootinfo()->services.gpa);
}

static void start(struct service *service, const struct boot_service *from)
{
	struct bytes program = bytes_make(bootinfo_ptr(from->program.gpa), from->program.size);
	enum error err = objects_make(services, table(), service_count);

	service->protocol = from->protocol;
	if (err == OK)
		err = service_start(service, from->name, program, from->memory);
	if (err != OK) {
		log_error("service %s does not start: error 0x%x", from->name, err);
		terminate(TERMINATE_SERVICE);
	}
	log_info("service %s: protocol %u, program %lu KiB, uses %lu of %lu KiB", from->name,
		from->protocol, TO_KIB(from->program.size),
		TO_KIB(service->process.space.page_count * PAGE_SIZE), TO_KIB(from->memory));
}

void services_start(void)
{
	size_t count = bootinfo()->services.size / sizeof(struct boot_service);

	for (size_t i = 0; i < MIN(count, (size_t)BOOT_SERVICES_MAX); i++) {
		start(&services[i], &table()[i]);
		service_count++;
	}
}

struct service *services_find(uint32_t protocol)
{
	for (size_t i = 0; i < service_count; i++) {
		if (table()[i].protocol == protocol)
			return &services[i];
	}
	return NULL;
}
