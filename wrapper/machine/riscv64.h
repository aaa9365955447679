/* riscv64: system calls, and where the kernel starts the program. */
#define MACHINE_NAME "riscv64"
#define MACHINE_HAS_RESTORER 0

static inline long machine_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
}

#define MACHINE_START              \
	__asm__(".globl _start\n"      \
	        "_start:\n"            \
	        "	li fp, 0\n"        \
	        "	mv a0, sp\n"       \
	        "	andi sp, sp, -16\n" \
	        "	call wrapper_start\n" \
	        "	ebreak\n")
