// SPDX-License-Identifier: MIT
// CPUs: per-CPU data, AMD-V on, start of the others by INIT and start-up IPI, kicks by NMI.
#include <stdatomic.h>

#include "hw/x86.h"
#include "lib/string.h"
#include "machine/base/start.h"
#include "machine/boot/layout.h"
#include "machine/debug/debug.h"

#define STACK_SIZE	 32768
#define XAPIC_BASE	 0xfee00000ull
#define XAPIC_SVR	 0x0f0
#define XAPIC_ICR	 0x300
#define XAPIC_ICR2	 0x310
#define ICR_INIT	 0x000c4500 // all but self, level assert
#define ICR_STARTUP	 0x000c4600
#define ICR_NMI		 0x00004400
#define ICR_BUSY	 0x00001000
#define START_TIMEOUT_US 10000000

extern const char ap_trampoline[], ap_trampoline_end[];
void wait_for_nmi(void);

struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;
uint64_t ap_stack;
static struct cpu cpu_data[CPUS_MAX] __attribute__((aligned(4096)));
static uint8_t stacks[CPUS_MAX][STACK_SIZE] __attribute__((aligned(16)));
static _Atomic uint32_t starting;

static volatile uint32_t *xapic(uint32_t reg)
{
	return spa_ptr(XAPIC_BASE + reg);
}

static void xapic_send(uint32_t dest, uint32_t icr)
{
	while (*xapic(XAPIC_ICR) & ICR_BUSY)
		__asm__ volatile("pause");
	*xapic(XAPIC_ICR2) = dest << 24;
	*xapic(XAPIC_ICR) = icr;
}

static void cpu_data_init(uint32_t index)
{
	struct cpu *cpu = &cpu_data[index];

	cpu->self = cpu;
	cpu->index = index;
	cpu->stack_top = (uint64_t)stacks[index] + STACK_SIZE;
	cpu->stack_guard = rdtsc() * 0x9e3779b97f4a7c15ull;
	for (uint8_t vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		cpu->plane[vmpl].cpu = cpu;
		cpu->plane[vmpl].vmpl = vmpl;
	}
	cpus[index] = cpu;
}

__attribute__((no_stack_protector)) void cpu_setup_boot(void)
{
	cpu_data_init(0);
	wrmsr(MSR_GS_BASE, (uint64_t)cpus[0]);
	wrmsr(MSR_FS_BASE, (uint64_t)cpus[0]);
}

static void svm_enable(struct cpu *cpu)
{
	void *hsave = pool_alloc(PAGE_SIZE), *vmcb = pool_alloc(PAGE_SIZE);

	if (!(cpuid(0x80000001, 0).ecx & 4)) {
		log_error("QEMU's processor has no AMD-V (CPUID 8000_0001 ECX bit 2): use -cpu max "
			  "with TCG");
		machine_end(END_BAD_CONFIGURATION);
	}
	if (!hsave || !vmcb)
		machine_bug("no memory for the host save area of CPU %u", cpu->index);
	cpu->hsave_pa = pool_spa(hsave);
	cpu->host_vmcb_pa = pool_spa(vmcb);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, cpu->hsave_pa);
	__asm__ volatile("clgi");
	__asm__ volatile("vmsave" ::"a"(cpu->host_vmcb_pa) : "memory");
}

// No stack protector: GS, where its value is found, changes inside.
__attribute__((no_stack_protector)) void cpu_init(struct cpu *cpu)
{
	uint64_t cr4;

	wrmsr(MSR_GS_BASE, (uint64_t)cpu);
	wrmsr(MSR_FS_BASE, (uint64_t)cpu);
	traps_load();
	__asm__ volatile("movq %0, %%cr3" ::"r"(memory_root()) : "memory");
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	if (cpuid(1, 0).ecx & (1u << 26))
		cr4 |= CR4_OSXSAVE;
	__asm__ volatile("movq %0, %%cr4" ::"r"(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_PGE));
	cpu->apic_id = cpuid(1, 0).ebx >> 24;
	*xapic(XAPIC_SVR) = 0x1ff; // software-enabled: without it no NMI by IPI is accepted
	svm_enable(cpu);
}

_Noreturn static void ap_main(void)
{
	struct cpu *cpu = cpus[starting];

	cpu_init(cpu);
	cpu->online = true;
	machine_cpu_ready(cpu);
}

_Noreturn void machine_start_ap(void)
{
	ap_main();
}

static void ap_start_next(uint32_t index)
{
	uint64_t deadline = time_us() + START_TIMEOUT_US;

	cpu_data_init(index);
	ap_stack = cpus[index]->stack_top;
	atomic_store(&starting, index);
	xapic_send(index, 0x4600 | AP_TRAMPOLINE >> 12);
	while (!cpus[index]->online) {
		if (time_us() > deadline)
			machine_bug("CPU %u did not start within %u s", index,
				START_TIMEOUT_US / 1000000);
		__asm__ volatile("pause");
	}
}

void cpus_start(uint32_t count)
{
	uint64_t until;

	cpu_count = count;
	memcpy(spa_ptr(AP_TRAMPOLINE), ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
	if (count > 1) {
		xapic_send(0, ICR_INIT);
		until = time_us() + 1000;
		while (time_us() < until)
			;
	}
	for (uint32_t i = 1; i < count; i++)
		ap_start_next(i);
	memset(spa_ptr(0), 0,
		0xa0000); // boot tables, trampoline, stack: the guest finds nothing of them
}

void cpu_kick(struct cpu *cpu)
{
	atomic_store(&cpu->kick, true);
	if (cpu == this_cpu())
		return;
	debug_kick_begin(cpu);
	xapic_send(cpu->apic_id, ICR_NMI);
	debug_kick_end(cpu);
}

void cpu_nmi_again(void)
{
	debug_kick_begin(this_cpu());
	xapic_send(this_cpu()->apic_id, ICR_NMI);
	debug_kick_end(this_cpu());
}

void cpu_wait(struct cpu *cpu)
{
	while (!atomic_exchange(&cpu->kick, false)) {
		debug_wait(cpu);
		wait_for_nmi();
		debug_nmi(cpu);
	}
}
