// SPDX-License-Identifier: MIT
// copra-igvm show: every header, neighbouring pages of one kind in one line, and the VMSA.
#include <inttypes.h>
#include <stdio.h>

#include "hw/vmsa.h"
#include "tools/igvm/common.h"

// A range of pages that is still growing; pages 0: none.
struct run {
	uint64_t gpa;
	uint64_t size;
	uint32_t mask;
	uint16_t data_type;
	uint32_t flags;
	bool has_data;
};

static const char *page_name(const struct run *run)
{
	static const char *const names[] = {
		[IGVM_PAGE_NORMAL] = "normal",
		[IGVM_PAGE_SECRETS] = "secrets",
		[IGVM_PAGE_CPUID_DATA] = "CPUID",
		[IGVM_PAGE_CPUID_XF] = "CPUID XF",
	};

	return run->data_type == IGVM_PAGE_NORMAL && !run->has_data ? "zeros"
								    : names[run->data_type];
}

static void print_run(struct run *run)
{
	if (run->size == 0)
		return;
	printf("  PAGE_DATA        mask 0x%x  0x%09" PRIx64 "-0x%09" PRIx64 "  %5" PRIu64
	       " pages  %s%s%s%s\n",
		run->mask, run->gpa, run->gpa + run->size, run->size / IGVM_PAGE_SIZE,
		page_name(run), (run->flags & IGVM_PAGE_FLAG_2MB) != 0 ? ", 2 MiB" : "",
		(run->flags & IGVM_PAGE_FLAG_UNMEASURED) != 0 ? ", unmeasured" : "",
		(run->flags & IGVM_PAGE_FLAG_SHARED) != 0 ? ", shared" : "");
	run->size = 0;
}

static void add_page(struct run *run, const struct igvm_header *header)
{
	const struct igvm_page_data *page = &header->u.page;
	uint64_t size = igvm_page_size(page);
	bool has_data = !bytes_is_empty(header->data);

	if (run->size > 0 && page->gpa == run->gpa + run->size && header->mask == run->mask &&
		page->data_type == run->data_type && page->flags == run->flags &&
		has_data == run->has_data) {
		run->size += size;
		return;
	}
	print_run(run);
	*run = (struct run){page->gpa, size, header->mask, page->data_type, page->flags, has_data};
}

static void print_segment(const char *name, const struct vmcb_seg *segment)
{
	printf("    %-4s selector %04x attributes %03x limit %08x base %016" PRIx64 "\n", name,
		segment->selector, segment->attrib, segment->limit, segment->base);
}

static void print_vmsa_segments(const struct vmsa *v)
{
	const struct {
		const char *name;
		struct vmcb_seg segment;
	} list[] = {
		{"CS", v->cs},
		{"DS", v->ds},
		{"ES", v->es},
		{"FS", v->fs},
		{"GS", v->gs},
		{"SS", v->ss},
		{"GDTR", v->gdtr},
		{"IDTR", v->idtr},
		{"LDTR", v->ldtr},
		{"TR", v->tr},
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		print_segment(list[i].name, &list[i].segment);
}

static void print_vmsa(struct bytes data)
{
	struct vmsa v;

	if (!bytes_read(data, 0, &v, sizeof(v)))
		return;
	print_vmsa_segments(&v);
	printf("    VMPL %u CPL %u SEV features %" PRIx64 " virtual TOM %" PRIx64 "\n", v.vmpl,
		v.cpl, v.sev_features, v.virtual_tom);
	printf("    CR0 %" PRIx64 " CR3 %" PRIx64 " CR4 %" PRIx64 " EFER %" PRIx64 " XCR0 %" PRIx64
	       " PAT %016" PRIx64 "\n",
		v.cr0, v.cr3, v.cr4, v.efer, v.xcr0, v.g_pat);
	printf("    RIP %" PRIx64 " RFLAGS %" PRIx64 " RSP %" PRIx64 " DR6 %" PRIx64 " DR7 %" PRIx64
	       " MXCSR %x FCW %x\n",
		v.rip, v.rflags, v.rsp, v.dr6, v.dr7, v.mxcsr, v.x87_fcw);
	printf("    RAX %" PRIx64 " RBX %" PRIx64 " RCX %" PRIx64 " RDX %" PRIx64 " RSI %" PRIx64
	       " RDI %" PRIx64 " RBP %" PRIx64 "\n",
		v.rax, v.rbx, v.rcx, v.rdx, v.rsi, v.rdi, v.rbp);
}

static void print_platform(const struct igvm_platform *p)
{
	printf("%s, version %u, highest VTL %u, shared GPA boundary 0x%" PRIx64 "\n",
		igvm_platform_name(p->platform_type), p->platform_version, p->highest_vtl,
		p->shared_gpa_boundary);
}

static void print_id_block(const struct igvm_snp_id_block *block)
{
	printf("version %u, guest SVN %u%s\n    launch digest ", block->version, block->guest_svn,
		block->author_key_enabled != 0 ? ", author key" : "");
	for (size_t i = 0; i < sizeof(block->ld); i++)
		printf("%02x", block->ld[i]);
	putchar('\n');
}

static bool is_vmsa(const struct igvm_file *file, uint32_t mask)
{
	for (size_t i = 0; i < file->platform_count; i++) {
		uint8_t type = file->platforms[i].platform_type;

		if ((file->platforms[i].compatibility_mask & mask) != 0 &&
			type != IGVM_PLATFORM_SEV_SNP && type != IGVM_PLATFORM_SEV_ES)
			return false;
	}
	return true;
}

static void print_header(const struct igvm_file *file, const struct igvm_header *h)
{
	printf("  %-16s ", igvm_type_name(h->type));
	if (h->mask != UINT32_MAX)
		printf("mask 0x%x  ", h->mask);
	switch (h->type) {
	case IGVM_SUPPORTED_PLATFORM:
		print_platform(&h->u.platform);
		break;
	case IGVM_GUEST_POLICY:
		printf("0x%" PRIx64 "\n", h->u.policy.policy);
		break;
	case IGVM_PARAMETER_AREA:
		printf("area %u, %" PRIu64 " bytes, %s\n", h->u.area.parameter_area_index,
			h->u.area.number_of_bytes,
			bytes_is_empty(h->data) ? "zeros" : "with initial contents");
		break;
	case IGVM_PARAMETER_INSERT:
		printf("area %u at 0x%" PRIx64 "\n", h->u.insert.parameter_area_index,
			h->u.insert.gpa);
		break;
	case IGVM_REQUIRED_MEMORY:
		printf("0x%09" PRIx64 "-0x%09" PRIx64 "%s\n", h->u.required.gpa,
			h->u.required.gpa + h->u.required.number_of_bytes,
			(h->u.required.flags & 1) != 0 ? ", VTL2 protectable" : "");
		break;
	case IGVM_ERROR_RANGE:
		printf("0x%09" PRIx64 "-0x%09" PRIx64 "\n", h->u.error_range.gpa,
			h->u.error_range.gpa + h->u.error_range.size_bytes);
		break;
	case IGVM_SNP_ID_BLOCK:
		print_id_block(&h->u.id_block);
		break;
	case IGVM_VP_CONTEXT:
		printf("vCPU %u at 0x%" PRIx64 "\n", h->u.vp_context.vp_index, h->u.vp_context.gpa);
		if (is_vmsa(file, h->mask))
			print_vmsa(h->data);
		break;
	default:
		if (h->value.size == sizeof(struct igvm_parameter))
			printf("area %u, offset %u\n", h->u.parameter.parameter_area_index,
				h->u.parameter.byte_offset);
		else
			printf("%zu bytes\n", h->value.size);
		break;
	}
}

int command_show(int argc, char **argv)
{
	struct run run = {0};
	struct igvm_header header;
	struct igvm_iter iter;
	struct igvm_file file;

	if (argc != 2)
		die("show needs one file");
	igvm_file_open(argv[1], &file);
	printf("%s: IGVM version %u, %zu bytes, variable headers 0x%" PRIx64 "-0x%" PRIx64 "\n",
		argv[1], file.version, file.bytes.size, file.headers_start, file.headers_end);
	iter = igvm_iter_start(&file, UINT32_MAX);
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA) {
			add_page(&run, &header);
			continue;
		}
		print_run(&run);
		print_header(&file, &header);
	}
	print_run(&run);
	return 0;
}
