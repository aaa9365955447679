/* x86-64: system calls, and where the kernel starts the program. */
#define MACHINE_NAME "x86_64"
#define MACHINE_HAS_RESTORER 1

static inline long machine_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return result;
}

#define MACHINE_START                 \
	__asm__(".globl _start\n"         \
	        "_start:\n"               \
	        "	xor %ebp, %ebp\n"     \
	        "	mov %rsp, %rdi\n"     \
	        "	and $-16, %rsp\n"     \
	        "	call wrapper_start\n" \
	        "	hlt\n")
