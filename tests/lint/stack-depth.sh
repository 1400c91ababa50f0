#!/bin/bash
# No stack of the kernel can run over: the deepest path from each place where one begins, with two
# exceptions on top, fits with a margin. Frames and calls are gcc's (-fcallgraph-info=su, beside the
# objects), calls by pointers are those of stack-depth.table and of the objects' relocations.
# Prints the sums and the paths.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/lint/stack-depth
make -s build/kernel.elf
mkdir -p "$out"
mapfile -t objects < <(awk '$1 == "LOAD" && $2 ~ /^build\/kernel-obj\// { print $2 }' build/kernel.elf.map)
graphs=()
for object in "${objects[@]}"; do
	source=${object#build/kernel-obj/}
	if [[ ! -e ${object%.o}.ci && ! -e ${source%.o}.S ]]; then
		echo "${object%.o}.ci is missing: built by another compiler than gcc? make clean, then again"
		exit 1
	fi
	[[ ! -e ${object%.o}.ci ]] || graphs+=("${object%.o}.ci")
done
readelf -rW "${objects[@]}" >"$out/relocations"

# depths RELOCATIONS GRAPH...
depths() {
	awk -f tests/lint/stack-depth.awk tests/lint/stack-depth.table kernel/layout.h \
		kernel/{snp,native}/platform.c "$@"
}

# It must find what is there to be found: a C file on stdin, in the place of kernel/core_pvalidate.c.
planted_find() { # TEXT
	local text=$1 name=$out/kernel-obj/kernel/core_pvalidate
	mkdir -p "${name%/*}"
	cat >"$name.c"
	gcc -O2 -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone -ffunction-sections -fdata-sections \
		-fcallgraph-info=su -c "$name.c" -o "$name.o"
	readelf -rW "${objects[@]/build\/kernel-obj\/kernel\/core_pvalidate.o/$name.o}" >"$out/planted"
	if depths "$out/planted" "${graphs[@]/build\/kernel-obj\/kernel\/core_pvalidate.ci/$name.ci}" >"$out/planted.log" ||
		! grep -qF "$text" "$out/planted.log"; then
		echo "did not find: $text"
		cat "$name.c" "$out/planted.log"
		return 1
	fi
}

planted_find_all() {
	planted_find 'stack MAIN: ' <<-'C'
	#define LEVEL(n, next) \
		__attribute__((noinline)) static void f##n(char *p) { char b[2000]; next(b); p[0] += b[p[1]]; }
	__attribute__((noinline)) static void f0(char *p) { __asm__ volatile("" ::"r"(p) : "memory"); }
	LEVEL(1, f0) LEVEL(2, f1) LEVEL(3, f2) LEVEL(4, f3) LEVEL(5, f4) LEVEL(6, f5) LEVEL(7, f6)
	int core_pvalidate(char *p);
	int core_pvalidate(char *p) { f7(p); return p[0]; }
	C
	planted_find 'recursion that has no bound in stack-depth.table' <<-'C'
	int core_pvalidate(int *p);
	__attribute__((noinline)) static int again(int *p) { return p[0]++ < 9 ? again(p + again(p)) + p[1] : 0; }
	int core_pvalidate(int *p) { return again(p); }
	C
	planted_find 'its frame has no bound' <<-'C'
	int core_pvalidate(int *p);
	int core_pvalidate(int *p) { int a[p[0]]; __asm__ volatile("" ::"r"(a) : "memory"); return a[p[1]]; }
	C
	planted_find 'calls by a pointer: say in stack-depth.table whom' <<-'C'
	int core_pvalidate(int (**p)(void));
	int core_pvalidate(int (**p)(void)) { return p[0]() + 1; }
	C
	planted_find 'used: say in stack-depth.table who calls it' <<-'C'
	int handler(void), core_pvalidate(void);
	int handler(void) { return 1; }
	int (*planted_table[])(void) = {handler};
	int core_pvalidate(void) { return 0; }
	C
}

planted_find_all
depths "$out/relocations" "${graphs[@]}"
