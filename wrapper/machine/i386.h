/* i386: system calls, and where the kernel starts the program. The sixth argument goes in the frame pointer. */
#define MACHINE_NAME "i386"
#define MACHINE_HAS_RESTORER 1

static inline long machine_call(long number, long a, long b, long c, long d, long e, long f)
{
	struct {
		long number, sixth;
	} last = {number, f};
	long result;
	__asm__ volatile("push %%ebp\n"
	                 "	mov 4(%%eax), %%ebp\n"
	                 "	mov (%%eax), %%eax\n"
	                 "	int $0x80\n"
	                 "	pop %%ebp"
	                 : "=a"(result)
	                 : "a"(&last), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
	                 : "memory");
	return result;
}

#define MACHINE_START                 \
	__asm__(".globl _start\n"         \
	        "_start:\n"               \
	        "	xor %ebp, %ebp\n"     \
	        "	mov %esp, %eax\n"     \
	        "	and $-16, %esp\n"     \
	        "	sub $12, %esp\n"      \
	        "	push %eax\n"          \
	        "	call wrapper_start\n" \
	        "	hlt\n")
