// SPDX-License-Identifier: MIT
// Inside the host's launch of the guest from an IGVM file.
#ifndef HOST_LAUNCH_H
#define HOST_LAUNCH_H

#include "hw/snp.h"
#include "lib/igvm.h"
#include "machine/base/machine.h"
#include "machine/host/host.h"

struct launch_area {
	uint32_t index;
	uint64_t size;
	uint8_t *data;
};

struct launch {
	struct igvm_file file;
	struct igvm_platform platform;
	struct rle pages; // page numbers that the file fills or asks for
	struct launch_area area[IGVM_AREAS_MAX];
	uint32_t area_count;
	uint64_t policy;
	bool id_block_seen;
	struct igvm_snp_id_block id_block;
	uint32_t page_count[SNP_PAGE_CPUID + 1]; // launched pages by SNP_PAGE_*
	uint32_t shared_count;			 // pages that stay the host's
};

// A configuration that cannot be used: says why and ends the run.
#define launch_fail(...)                                                                           \
	do {                                                                                       \
		log_error(__VA_ARGS__);                                                            \
		machine_end(END_BAD_CONFIGURATION);                                                \
	} while (0)

// launch_file.c: reads and checks the file.
void launch_open(struct launch *launch);

// launch_memory.c: sees to it that there is memory wherever the file wants some.
void launch_back(struct launch *launch);
// Where the page of a VMSA with this address is: KVM gives one that is beyond the address bits.
uint64_t launch_vmsa_gpa(uint64_t gpa);

// launch_pages.c: each handles one directive.
void launch_page_data(struct launch *launch, const struct igvm_header *header);
void launch_insert(struct launch *launch, const struct igvm_header *header);
void launch_vp_context(struct launch *launch, const struct igvm_header *header);

// launch_params.c: each handles one directive.
void launch_area_add(struct launch *launch, const struct igvm_header *header);
const struct launch_area *launch_area_find(const struct launch *launch, uint32_t index);
void launch_parameter(struct launch *launch, const struct igvm_header *header);

// launch_id.c: ends the launch; NULL: no ID block. Status of the secure processor.
int launch_finish(const struct igvm_snp_id_block *from, uint64_t policy) MUST_USE;

// Tables that parameters ask for. Each returns the bytes written, 0 when there is no room.
size_t acpi_madt(uint8_t *out, size_t room);
size_t device_tree_empty(uint8_t *out, size_t room);
size_t memory_map(uint8_t *out, size_t room);

void host_cpuid_page(struct snp_cpuid_page *page); // cpuid.c

#endif
