// SPDX-License-Identifier: MIT
/*
 * What the IGVM builder (tools/igvm) leaves in memory for the SVSM kernel.
 *
 * There is no loader: the builder places the kernel image, its page tables, stack and this
 * description, all measured, and starts the kernel in flat 32-bit protected mode at the GPA of
 * the symbol `entry32`, with ESI = GPA of struct boot_info and no stack pointer.
 *
 * Memory of the kernel region, in rising order; each item starts on a page:
 *
 *	image         ELF segments at KERNEL_GPA + (p_vaddr - KERNEL_VA), .bss included. Pages
 *	              between two segments are neither mapped nor validated.
 *	boot info     this structure, mapped read-only
 *	ksyms         symbol table for back traces, mapped read-only (may be absent)
 *	CPUID page    filled by the secure processor, mapped read-write
 *	secrets page  filled by the secure processor, mapped read-write
 *	services      table of services and their programs, mapped read-only (may be absent)
 *	general       IGVM parameters, not measured: the host's word. Mapped read-only
 *	memory map    the same
 *	MADT          the same
 *	device tree   the same
 *	guard page    neither mapped nor validated
 *	boot stack    read-write
 *	page tables   read-write
 *	heap          from boot_info.heap_gpa to the end of the region: mapped read-write, but not
 *	              in the file, so NOT validated: the kernel validates it before use
 *
 * All of it is mapped with 4 KiB pages, no-execute save for executable segments. The pages that
 * hold entry32_start..entry32_end are also mapped at VA == GPA, read-execute. No entry holds the
 * C-bit, whose position is not known when the tables are made: entry32 ORs it into every present
 * entry of tables_gpa..tables_end_gpa before it loads CR3.
 */
#ifndef ABI_BOOT_H
#define ABI_BOOT_H

#ifdef __ASSEMBLER__
#define BOOT_U64(x) x
#else
#define BOOT_U64(x) x##ULL
#endif

/* Link address of the kernel, and where its region lies in guest-physical memory. */
#ifndef KERNEL_VA // tests on the build machine put it where a process has memory
#define KERNEL_VA BOOT_U64(0xffffffff80000000)
#endif
#define KERNEL_GPA BOOT_U64(0x08000000)
#ifndef KERNEL_REGION_SIZE
#define KERNEL_REGION_SIZE BOOT_U64(0x01000000)
#endif

/*
 * The kernel's file also holds the native loader (kernel/native/loader), which starts the kernel
 * under QEMU without SNP and then plays the builder's part. It is linked and loaded here, and is no
 * part of the image: the builder leaves out what lies in this range, so on SNP it is not even in
 * memory.
 */
#define NATIVE_LOADER_GPA  BOOT_U64(0x00100000)
#define NATIVE_LOADER_SIZE BOOT_U64(0x00100000)

/* "COPRABI" and a zero byte, read as a little-endian number. */
#define BOOT_INFO_MAGIC		 BOOT_U64(0x0049424152504f43)
#define BOOT_INFO_VERSION	 2

#define BOOT_STACK_SIZE		 0x4000
#define BOOT_SEGMENTS_MAX	 8
#define BOOT_PREVALIDATE_MAX	 16
#define BOOT_SERVICES_MAX	 4
#define BOOT_SERVICE_NAME_MAX	 24
#define BOOT_OBJECTS_MAX	 8 /* of one service */
#define BOOT_PARAM_PAGE_SIZE	 0x1000
#define BOOT_GENERAL_VP_COUNT	 0 /* u32: IGVM VP_COUNT parameter */
#define BOOT_GENERAL_ENVIRONMENT 4 /* u32: IGVM ENVIRONMENT_INFO parameter */

/* boot_segment.flags: the values of ELF p_flags. */
#define BOOT_SEGMENT_X 1
#define BOOT_SEGMENT_W 2
#define BOOT_SEGMENT_R 4

/* Offsets for entry32; asserted below. */
#define BOOT_INFO_PAGE_ROOT_GPA	 0x30
#define BOOT_INFO_TABLES_GPA	 0x38
#define BOOT_INFO_TABLES_END_GPA 0x40
#define BOOT_INFO_STACK_TOP_VA	 0x48
#define BOOT_INFO_CPUID_GPA	 0x58

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* Bytes gpa .. gpa + size - 1; size 0: absent. */
struct boot_range {
	uint64_t gpa;
	uint64_t size;
};

/* One ELF segment: whole pages, .bss included. */
struct boot_segment {
	uint64_t va;
	uint64_t size;
	uint64_t flags; /* BOOT_SEGMENT_* */
};

/*
 * The guest's firmware, from its own metadata. image.size 0: the file holds no firmware.
 * The builder has checked that nothing here overlaps the kernel region, that the image ends at
 * 4 GiB, and that secrets, CPUID and CAA pages are present and page-aligned.
 */
struct boot_firmware {
	struct boot_range image;   /* measured, in the IGVM file; ends at 4 GiB */
	uint64_t reset_vector_gpa; /* where the guest's first vCPU starts (4 GiB - 16) */
	uint64_t secrets_gpa;	   /* one page each, to be filled by the SVSM */
	uint64_t cpuid_gpa;
	uint64_t caa_gpa;	      /* calling area of the guest's first vCPU */
	struct boot_range memory_map; /* where it expects 24-byte IGVM entries; maybe unaligned */
	uint64_t vp_count_gpa;	      /* where it expects the u32 count of vCPUs, 0: nowhere */
	uint64_t prevalidate_count;
	/*
	 * What it expects validated and zeroed when it starts: whole pages, sorted, merged,
	 * without overlap; the secrets, CPUID, calling-area and parameter pages are part of it,
	 * the image is not.
	 */
	struct boot_range prevalidate[BOOT_PREVALIDATE_MAX];
};

struct boot_info {
	uint64_t magic;
	uint64_t version;
	uint64_t size; /* bytes of this structure */
	struct boot_range region;
	uint64_t heap_gpa; /* first byte not used by the builder; page-aligned */

	uint64_t page_root_gpa; /* root of the 4-level tables */
	uint64_t tables_gpa;	/* all table pages, contiguous */
	uint64_t tables_end_gpa;
	uint64_t stack_top_va;
	uint64_t stack_guard_va;

	uint64_t cpuid_gpa;
	uint64_t secrets_gpa;
	uint64_t general_gpa;
	struct boot_range memory_map;
	struct boot_range madt;
	struct boot_range device_tree;

	/*
	 * Sorted table of struct boot_ksym, ended by an entry whose name_offset is 0 and whose
	 * offset is the end of the code; then the names, zero-terminated. Functions only.
	 */
	struct boot_range ksyms;
	uint64_t vp_count_max;	    /* --vp-count-max of the builder; 0: no limit given */
	struct boot_range services; /* array of struct boot_service */
	uint64_t reserved[4];

	uint64_t segment_count;
	struct boot_segment segments[BOOT_SEGMENTS_MAX];
	struct boot_firmware firmware;
};

/*
 * An object that a service holds, and beside the memory all that it has. Its handle is its index in
 * the service's list. What a kind does not use is zero; the kernel refuses what it does not know.
 *
 *	kind                   name             flags       start, size
 *	BOOT_OBJECT_SERVICE    of the service   0           0: may call that service, which stands
 *	                                                    before it in the table
 *	BOOT_OBJECT_NAMESPACE  of the namespace 0           0, quota: whole pages, at most
 *	                                                    BOOT_NAMESPACE_MAX. No other service
 *	                                                    holds it
 *	BOOT_OBJECT_KEY        of the key       0           0: a key of BOOT_KEY_SIZE bytes
 *	BOOT_OBJECT_PORTS      empty            READ_ONLY   first port, count
 *	BOOT_OBJECT_MMIO       empty            READ_ONLY   first GPA, bytes: at most
 *	                                                    BOOT_MMIO_MAX, within BOOT_MMIO_START
 *	                                                    to BOOT_MMIO_END. Never memory. Nor
 *	                                                    ports nor these are held twice
 */
#define BOOT_OBJECT_SERVICE   1
#define BOOT_OBJECT_NAMESPACE 2
#define BOOT_OBJECT_KEY	      3
#define BOOT_OBJECT_PORTS     4
#define BOOT_OBJECT_MMIO      5

#define BOOT_OBJECT_READ_ONLY 1 /* boot_object.flags */

#define BOOT_NAMESPACE_MAX    0x100000
#define BOOT_MMIO_MAX	      0x100000
#define BOOT_MMIO_START	      BOOT_U64(0x80000000)
#define BOOT_MMIO_END	      BOOT_U64(0x100000000)
#define BOOT_APIC_START	      BOOT_U64(0xfee00000) /* nobody's */
#define BOOT_APIC_SIZE	      BOOT_U64(0x100000)
#define BOOT_KEY_SIZE	      32

struct boot_object {
	char name[BOOT_SERVICE_NAME_MAX]; /* zero-terminated */
	uint32_t kind;			  /* BOOT_OBJECT_* */
	uint32_t flags;
	uint64_t start;
	uint64_t size;
};

/* boot_service.flags */
#define BOOT_SERVICE_RESET    1 /* takes part in a reboot of the guest by a reset */
#define BOOT_SERVICE_DEBUG    2 /* its registers and stack go to the log when it faults */
#define BOOT_SERVICE_INTERNAL 4 /* the guest may not call it */
#define BOOT_SERVICE_KNOWN    7u

/*
 * A program for ring 3 and what it is granted: the builder's --service. The whole file, from a page
 * on; the rest of its last page is zero. In the table a service stands behind those that it calls,
 * so that no chain of calls comes back to where it began.
 */
struct boot_service {
	char name[BOOT_SERVICE_NAME_MAX]; /* zero-terminated; no other service has it */
	struct boot_range program;
	uint64_t memory;   /* bytes that it may use, page tables included */
	uint32_t protocol; /* of the SVSM, which it serves; no other service does */
	uint32_t flags;	   /* BOOT_SERVICE_* */
	uint8_t guid[16];  /* of the service, little-endian as in UEFI; zeros: none */
	uint64_t object_count;
	struct boot_object objects[BOOT_OBJECTS_MAX];
};

/* Start of a function relative to KERNEL_VA, and its name relative to the start of the table. */
struct boot_ksym {
	uint32_t offset;
	uint32_t name_offset;
};

_Static_assert(offsetof(struct boot_info, page_root_gpa) == BOOT_INFO_PAGE_ROOT_GPA, "");
_Static_assert(offsetof(struct boot_info, tables_gpa) == BOOT_INFO_TABLES_GPA, "");
_Static_assert(offsetof(struct boot_info, tables_end_gpa) == BOOT_INFO_TABLES_END_GPA, "");
_Static_assert(offsetof(struct boot_info, stack_top_va) == BOOT_INFO_STACK_TOP_VA, "");
_Static_assert(offsetof(struct boot_info, cpuid_gpa) == BOOT_INFO_CPUID_GPA, "");
_Static_assert(offsetof(struct boot_info, segment_count) == 0xe8, "");
_Static_assert(offsetof(struct boot_info, firmware) == 0x1b0, "");
_Static_assert(sizeof(struct boot_firmware) == 0x150, "");
_Static_assert(sizeof(struct boot_info) == 0x300, "");
_Static_assert(sizeof(struct boot_ksym) == 8, "");
_Static_assert(offsetof(struct boot_ksym, name_offset) == 4, "");
_Static_assert(sizeof(struct boot_range) == 16, "");
_Static_assert(offsetof(struct boot_range, size) == 8, "");
_Static_assert(sizeof(struct boot_segment) == 24, "");
_Static_assert(offsetof(struct boot_segment, flags) == 16, "");
_Static_assert(offsetof(struct boot_firmware, memory_map) == 48, "");
_Static_assert(offsetof(struct boot_service, program) == 24, "");
_Static_assert(offsetof(struct boot_service, guid) == 56, "");
_Static_assert(offsetof(struct boot_service, objects) == 80, "");
_Static_assert(sizeof(struct boot_service) == 464, "");
_Static_assert(offsetof(struct boot_object, start) == 32, "");
_Static_assert(sizeof(struct boot_object) == 48, "");
_Static_assert(BOOT_SERVICES_MAX * sizeof(struct boot_service) <= 0x1000, "one page");

#endif /* __ASSEMBLER__ */
#endif
