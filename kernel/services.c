// SPDX-License-Identifier: MIT
#include "kernel/services.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/objects.h"
#include "kernel/terminate.h"

static struct service services[BOOT_SERVICES_MAX];
static bool fresh[BOOT_SERVICES_MAX]; // started for the reboot that is being prepared
static size_t service_count;

static const struct boot_service *table(void)
{
	return bootinfo_ptr(bootinfo()->services.gpa);
}

// Once: what it holds stays when it is started again.
static MUST_USE enum error grant(size_t index)
{
	struct service *service = &services[index];
	const struct boot_service *from = &table()[index];

	if ((from->flags & ~BOOT_SERVICE_KNOWN) != 0) {
		log_error("service %s: flags 0x%x, of which the kernel knows 0x%x", from->name,
			from->flags, BOOT_SERVICE_KNOWN);
		return ERR_FORMAT;
	}
	service->protocol = from->protocol;
	service->debug = (from->flags & BOOT_SERVICE_DEBUG) != 0;
	if (service->debug)
		log_warn("service %s: debug: a fault shows its registers and stack", from->name);
	return objects_make(services, table(), index);
}

static MUST_USE enum error start(size_t index)
{
	struct service *service = &services[index];
	const struct boot_service *from = &table()[index];
	struct bytes program = bytes_make(bootinfo_ptr(from->program.gpa), from->program.size);
	enum error err = service_start(service, from->name, program, from->memory);

	if (err != OK) {
		log_error("service %s does not start: error 0x%x", from->name, err);
		return err;
	}
	log_info("service %s: protocol %u, program %lu KiB, uses %lu of %lu KiB", from->name,
		from->protocol, TO_KIB(from->program.size),
		TO_KIB(service->process.space.page_count * PAGE_SIZE), TO_KIB(from->memory));
	return OK;
}

void services_start(void)
{
	uint64_t size = bootinfo()->services.size;

	if (size % sizeof(struct boot_service) != 0 ||
		size / sizeof(struct boot_service) > BOOT_SERVICES_MAX) {
		log_error("table of services: %lu bytes", size);
		terminate(TERMINATE_SERVICE);
	}
	for (size_t i = 0; i < size / sizeof(struct boot_service); i++) {
		if (grant(i) != OK || start(i) != OK)
			terminate(TERMINATE_SERVICE);
		service_count++;
	}
}

static const struct boot_service *entry_find(uint32_t protocol)
{
	for (size_t i = 0; i < service_count; i++) {
		if (table()[i].protocol == protocol)
			return &table()[i];
	}
	return NULL;
}

bool services_describe(size_t index, struct boot_service *service)
{
	if (index >= service_count)
		return false;
	*service = table()[index];
	return true;
}

enum error services_settle(void)
{
	enum error err = OK;

	for (size_t i = 0; i < service_count && err == OK; i++)
		err = service_settle(&services[i]);
	return err;
}

enum error services_prepare_reset(void)
{
	for (size_t i = 0; i < service_count; i++) {
		fresh[i] = false;
		if (service_is_alive(&services[i]))
			continue;
		service_stop(&services[i]);
		enum error err = start(i);

		if (err != OK) {
			services_undo_reset();
			return err;
		}
		fresh[i] = true;
	}
	return OK;
}

void services_undo_reset(void)
{
	for (size_t i = 0; i < service_count; i++) {
		if (fresh[i])
			service_stop(&services[i]);
		fresh[i] = false;
	}
}

// What it had is lost with it, but it serves the guest again. If even that fails its protocol
// answers as after any other death.
static void replace(size_t index)
{
	log_error("service %s cannot be reset and is started afresh", table()[index].name);
	service_stop(&services[index]);
	error_ignore(start(index));
}

void services_reset(void)
{
	for (size_t i = 0; i < service_count; i++) {
		bool resets = (table()[i].flags & BOOT_SERVICE_RESET) != 0;

		service_forget(&services[i]);
		if (resets && !fresh[i] && !service_reset(&services[i]))
			replace(i);
		fresh[i] = false;
	}
}

struct service *services_find(uint32_t protocol)
{
	const struct boot_service *entry = entry_find(protocol);

	return entry == NULL ? NULL : &services[entry - table()];
}

bool services_guest_may_call(uint32_t protocol)
{
	const struct boot_service *entry = entry_find(protocol);

	return entry != NULL && (entry->flags & BOOT_SERVICE_INTERNAL) == 0;
}
